import { expect, it } from "vitest";

import type { Order } from "@/api/types";
import { foremost, isLive, isOver, latest, priceOf, toneOf } from "@/orders";

const order = (told: Partial<Order>): Order => ({
  id: "a", account: "paper", venue: "binance", symbol: "BTC/USDT", strategy: "main", state: "open",
  reason: null, side: "buy", quantity: "1", updated: "2024-08-08T00:00:00Z", ...told,
});
const refusal = (at: number) => order({ id: `r${at}`, state: "refused", updated: `2024-08-08T00:00:${10 + at}Z` });

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

it("an open order is before any number of refusals, which are found on their own", () => {
  const rows = [order({ id: "mine" }), ...Array.from({ length: 40 }, (_, at) => refusal(at))];
  expect(foremost(rows).map((each) => each.id)).toEqual(["mine"]);
  expect(rows.filter((each) => isOver(each, "refused"))).toHaveLength(40);
  expect(rows.filter((each) => isOver(each, "all"))).toHaveLength(40);
});

it("a person's own refusal is among what was sent", () => {
  expect(isOver(order({ state: "refused", origin: "person" }), "sent")).toBe(true);
  expect(isOver(order({ state: "refused", origin: "strategy" }), "sent")).toBe(false);
});

it("a command to cancel is no order: it is told only where it was refused", () => {
  expect(isLive(order({ action: "cancel", state: "approved" }))).toBe(false);
  expect(isOver(order({ action: "cancel", state: "done" }), "all")).toBe(false);
  expect(isOver(order({ action: "cancel", state: "refused", origin: "person" }), "sent")).toBe(true);
});

it("an order that was filled in part and then cancelled is under both", () => {
  const both = order({ state: "cancelled", filled: "0.5" });
  expect(isOver(both, "filled") && isOver(both, "cancelled")).toBe(true);
});

it("what nobody knows is a warning", () => expect(toneOf("unknown")).toBe("warn"));
