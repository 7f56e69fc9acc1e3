import { expect, it } from "vitest";

import type { Order } from "@/api/types";
import { isLive, latest, priceOf, toneOf } from "@/orders";

const order = (told: Partial<Order>): Order => ({
  id: "a", account: "paper", venue: "binance", symbol: "BTC/USDT", strategy: "main", state: "open",
  reason: null, side: "buy", quantity: "1", updated: "2024-08-08T00:00:00Z", ...told,
});

it("an order of which nobody knows is still live, a finished one is not", () => {
  expect(["open", "unknown", "awaiting", "filled", "refused", "cancelled"].map((state) => isLive(order({ state }))))
    .toEqual([true, true, true, false, false, false]);
});

it("what it rests at counts before what was asked for", () => {
  expect(priceOf(order({ price: "10", rests: "11" }))).toBe("11");
  expect(priceOf(order({ price: null, trigger: "9" }))).toBe("9");
  expect(priceOf(order({}))).toBeNull();
});

it("the latest is first", () => {
  const rows = [order({ id: "old" }), order({ id: "new", created: "2024-08-08T00:00:01Z" })];
  expect(latest(rows).map((each) => each.id)).toEqual(["new", "old"]);
});

it("what nobody knows is a warning", () => expect(toneOf("unknown")).toBe("warn"));
