import { expect, it } from "vitest";

import type { Signal } from "@/api/types";
import { marksOf, turns } from "@/chart";

const at = (second: number): string => `2024-08-08T00:00:${String(second).padStart(2, "0")}.500000000Z`;
const base = Date.parse("2024-08-08T00:00:00Z") / 1000;
const signal = (second: number, action: string): Signal => ({
  id: String(second), key: "binance:BTC/USDT", action, strength: 0.7, seen_time: at(second), reasons: [],
});

it("a mark is at the bar in which it happened, and none is before the first bar", () => {
  const times = [base + 10, base + 20, base + 30];
  const happened = [5, 10, 19, 34].map((second) => ({ at: at(second), side: "buy" as const, text: "" }));
  expect(marksOf(happened, "fill", times).map((mark) => mark.time - base)).toEqual([10, 10, 30]);
  expect(marksOf(happened, "fill", [])).toEqual([]);
});

it("a signal is told where it turns", () => {
  const told = turns([signal(3, "sell"), signal(1, "buy"), signal(2, "buy"), signal(4, "hold"), signal(5, "strong_sell")]);
  expect(told.map((each) => [each.at, each.side])).toEqual([[at(1), "buy"], [at(3), "sell"], [at(5), "sell"]]);
});
