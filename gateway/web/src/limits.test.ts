import { describe, expect, it } from "vitest";

import { shifted, told, wanted } from "@/limits";

describe("limits in people's units", () => {
  it("are the gateway's values to the last digit", () => {
    expect(told("order_lifetime", 5_000_000_000)).toBe("5");
    expect(told("storm_window", 1)).toBe("0.000000001");
    expect(told("risk_per_trade", "0.02")).toBe("2");
    expect(told("daily_loss", "0.123456789012345678901")).toBe("12.3456789012345678901");
    expect(told("stop_percent", "2.50")).toBe("2.5");
    expect(told("stop_percent", null)).toBeNull();
    expect(told("maximum_position_notional", "1E+3")).toBe("1000");
    expect(told("groups", { coins: ["BTC"] })).toBe('{"coins":["BTC"]}');
  });
  it("are asked for in the gateway's", () => {
    expect(wanted("order_lifetime", "2.5")).toBe("2500000000");
    expect(wanted("risk_per_trade", "1.5")).toBe("0.015");
    expect(wanted("drawdown", "100")).toBe("1");
    expect(wanted("leverage", "3")).toBe("3");
    expect(wanted("close_near_liquidation", "true")).toBe("true");
  });
  it("are refused where they are none, and never rounded", () => {
    for (const typed of ["", "much", "-1", "1,5", "1e3", ".5"]) expect(wanted("leverage", typed)).toBeNull();
    expect(wanted("order_lifetime", "0.0000000001")).toBeNull();
    expect(wanted("maximum_positions", "2.5")).toBeNull();
  });
  it("come back as they went, whatever the digits", () => {
    for (const typed of ["0", "7", "0.07", "12.000000001", "99999999999999999999.125"]) {
      expect(told("symbol_cap", wanted("symbol_cap", typed))).toBe(typed);
      expect(shifted(shifted(typed, 9) ?? "", -9)).toBe(typed);
    }
  });
});
