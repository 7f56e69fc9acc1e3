import { expect, it } from "vitest";

import { figures } from "@/api/figures";

it("figures are found however deep, rows are left to the report", () => {
  const told = figures({ orders: 3, costs: { fees: "1.2", by_day: [1, 2] }, none: null });
  expect([...told]).toEqual([["orders", "3"], ["costs fees", "1.2"]]);
});

it("there are no more of them than asked for", () => {
  expect(figures(Object.fromEntries([...Array(99).keys()].map((n) => [n, n])), 10).size).toBe(10);
});
