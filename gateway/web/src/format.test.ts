import { describe, expect, it } from "vitest";

import { aligned, decimal, milliseconds, money, parts, signOf, time } from "@/format";

describe("decimal strings", () => {
  it("are grouped and cut as text, so that no digit is lost to a float", () => {
    expect(decimal("12345678901234567.123456789")).toBe("12,345,678,901,234,567.12345678");
    expect(decimal("-0.10")).toBe("−0.1");
    expect(decimal("100")).toBe("100");
    expect(decimal(null)).toBe("–");
    expect(decimal("1e5")).toBe("1e5");
  });
  it("stand below each other with the same digits", () => {
    expect([aligned("61808", 1), aligned("61808.70", 1), aligned("5", 0), aligned(null, 2)])
      .toEqual(["61,808.0", "61,808.7", "5", "–"]);
  });
  it("are money with two digits and a sign", () => {
    expect(money("1234.5")).toBe("+1,234.50");
    expect(money("-3")).toBe("−3.00");
    expect(money("0")).toBe("0.00");
    expect(money("not money")).toBe("–");
  });
  it("have a sign that zero has not", () => {
    expect([signOf("-0.00"), signOf("0.001"), signOf("-5"), signOf(null)]).toEqual([0, 1, -1, 0]);
  });
});

describe("times", () => {
  it("are cut to milliseconds", () => {
    expect(milliseconds("2024-08-08T00:00:01.123456789Z")).toBe(1723075201123);
    expect(time("2024-08-08T00:00:01.123456789Z")).toBe("00:00:01.123");
    expect(time(1723161306163000000)).toBe("23:55:06.163"); // of records, as `why` tells them
    expect(time("2024-08-08T00:00:01Z", true)).toBe("2024-08-08 00:00:01");
  });
});

it("a key parts at its first colon", () => {
  expect(parts("binance:BTC/USDT:USDT")).toEqual({ venue: "binance", symbol: "BTC/USDT:USDT" });
});
