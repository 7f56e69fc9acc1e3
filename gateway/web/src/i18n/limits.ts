/**
 * Each risk limit: the unit that people read and write it in, its name, and what it does. The names
 * are those of the gateway (engine/risk/limits.py says more); tests/unit/test_page_limits.py
 * holds the two together.
 */

/**
 * share: of one, told in per cent; percent: as it is; time: ns, told in seconds; quote: money;
 * times, count: as they are, a count whole; yes: true or false; profile: one of two; text: not set here.
 */
export type Unit =
  | "share" | "percent" | "time" | "quote" | "times" | "count" | "yes" | "profile" | "text";

type Words = readonly [name: string, text: string];

export const LIMITS: Readonly<Record<string, { readonly unit: Unit; readonly en: Words; readonly zh: Words }>> = {
  profile: {
    unit: "profile",
    en: ["Profile", "Sets risk per trade, leverage and stop distance together, where they are not set by themselves."],
    zh: ["方案", "一并设定单笔风险、杠杆和止损距离，除非它们已单独设置。"],
  },
  risk_per_trade: {
    unit: "share",
    en: ["Risk per trade", "Of the equity, what is lost at most when an order's stop is hit; it sizes orders."],
    zh: ["单笔风险", "触及止损时最多亏损的权益比例，据此确定下单数量。"],
  },
  symbol_cap: {
    unit: "share",
    en: ["Margin of one symbol", "Of the equity, the most initial margin that one symbol may take (spot: its notional)."],
    zh: ["单一品种保证金", "单一品种最多占用的初始保证金（现货为名义价值）占权益的比例。"],
  },
  maximum_position_notional: {
    unit: "quote",
    en: ["Largest position", "The most notional that one position may have."],
    zh: ["最大仓位", "单个持仓的最大名义价值。"],
  },
  maximum_positions: {
    unit: "count",
    en: ["Positions at once", "How many symbols may be held or ordered at the same time."],
    zh: ["同时持仓数", "可同时持有或下单的品种数量。"],
  },
  leverage: {
    unit: "times",
    en: ["Leverage", "The most leverage that a position may have, 1 to 20."],
    zh: ["杠杆", "持仓可用的最大杠杆，1 到 20。"],
  },
  minimum_strength: {
    unit: "share",
    en: ["Least strength", "Verdicts of strategies that are weaker open nothing."],
    zh: ["最低强度", "低于此强度的策略结论不开仓。"],
  },
  minimum_confidence: {
    unit: "share",
    en: ["Least confidence", "Verdicts that their votes are less sure of open nothing."],
    zh: ["最低置信度", "投票置信度低于此值的结论不开仓。"],
  },
  order_lifetime: {
    unit: "time",
    en: ["Life of an order command", "So long after its decision an order may still be sent; then it expires."],
    zh: ["订单指令有效期", "决策之后订单仍可发送的时长，超过即失效。"],
  },
  approval_lifetime: {
    unit: "time",
    en: ["Wait for approval", "So long an order waits for a person's approval; then it is dropped."],
    zh: ["等待批准时间", "订单等待人工批准的时长，超过即放弃。"],
  },
  stop_percent: {
    unit: "percent",
    en: ["Stop distance", "Stops of entries are set this far from the entry, whatever the strategy says."],
    zh: ["止损距离", "止损价与开仓价的距离，取代策略给出的止损。"],
  },
  target_percent: {
    unit: "percent",
    en: ["Target distance", "Targets of entries are set this far from the entry, whatever the strategy says."],
    zh: ["止盈距离", "止盈价与开仓价的距离，取代策略给出的止盈。"],
  },
  concentration: {
    unit: "share",
    en: ["Margin of one asset", "Of the equity, the most initial margin of one base asset, over all its symbols."],
    zh: ["单一资产保证金", "同一基础资产所有品种合计的初始保证金占权益的上限。"],
  },
  correlation: {
    unit: "share",
    en: ["Margin of one group", "Of the equity, the most initial margin of a group of symbols in one direction."],
    zh: ["单一组别保证金", "同组品种同方向的初始保证金占权益的上限。"],
  },
  groups: {
    unit: "text",
    en: ["Groups", "Symbols that are taken to move together; changed in the settings of the desk."],
    zh: ["组别", "视为同向波动的品种，在交易台设置中修改。"],
  },
  daily_loss: {
    unit: "share",
    en: ["Daily loss", "Of the day's first equity; once that much is lost, nothing is entered until the next day (UTC)."],
    zh: ["当日亏损", "相对当日起始权益；亏损达到后，到次日（UTC）前不再开仓。"],
  },
  drawdown: {
    unit: "share",
    en: ["Drawdown", "Below its highest equity by this much, the account is halted."],
    zh: ["回撤", "权益较最高点回落达到此比例时，账户暂停交易。"],
  },
  price_band: {
    unit: "share",
    en: ["Price band", "An order that trades at once may be priced this far from the middle of the book."],
    zh: ["价格区间", "立即成交的订单价格偏离盘口中间价的上限。"],
  },
  resting_band: {
    unit: "share",
    en: ["Price band of resting orders", "An order that waits in the book may be priced this far from its middle."],
    zh: ["挂单价格区间", "挂单价格偏离盘口中间价的上限。"],
  },
  unusual_factor: {
    unit: "times",
    en: ["Unusual size", "An order of more than so many times the day's median entry is refused."],
    zh: ["异常数量", "超过当日开仓中位数这么多倍的订单会被拒绝。"],
  },
  storm_orders: {
    unit: "count",
    en: ["Orders in a storm", "More order commands than this within the storm's time are refused."],
    zh: ["风暴订单数", "在风暴时间内超过此数量的订单指令会被拒绝。"],
  },
  storm_window: {
    unit: "time",
    en: ["Time of a storm", "The time over which order commands are counted for a storm."],
    zh: ["风暴时间", "统计订单指令数量的时间窗口。"],
  },
  close_near_liquidation: {
    unit: "yes",
    en: ["Close near liquidation", "A position that comes near its liquidation is closed by the desk."],
    zh: ["临近强平时平仓", "持仓临近强平时由交易台平仓。"],
  },
};
