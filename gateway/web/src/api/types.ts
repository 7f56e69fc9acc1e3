/** What the gateway tells. Money and quantities are decimal strings, times RFC 3339 in UTC. */

export type Side = "buy" | "sell";
export type Level = readonly [price: string, quantity: string];

/** What every object of the stream has, or the record that it is from. */
export interface Item {
  readonly id?: string;
}

export interface Trade {
  readonly id: string;
  readonly event_time: string;
  readonly price: string;
  readonly quantity: string;
  readonly side: Side;
}

export interface Ticks extends Item {
  readonly key: string;
  readonly seen_time: string;
  readonly book: string;
  readonly bid: Level | null;
  readonly ask: Level | null;
  readonly last: string | null;
  readonly trades: readonly Trade[];
}

export interface Bar extends Item {
  readonly key: string;
  readonly interval: string;
  readonly open_time: string;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
}

export interface Book extends Item {
  readonly symbol: string;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** One market's own book; no levels where it is not known. */
export interface Depth extends Item {
  readonly key: string;
  readonly book: string;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** A signal that was told. */
export interface Signal extends Item {
  readonly id: string;
  readonly key: string;
  readonly action: string;
  readonly strength: number | null;
  readonly seen_time: string;
  readonly reasons: readonly string[];
}

export interface Vote {
  readonly advisor: string;
  readonly verdict: string;
  readonly confidence: number;
  readonly weight: number;
  readonly reasons: readonly string[];
}

export interface Decision extends Item {
  readonly id: string;
  readonly key: string;
  readonly symbol: string;
  readonly strategy: string;
  readonly seen_time: string;
  readonly verdict: string;
  readonly reason: string | null;
  readonly entry: string | null;
  readonly stop: string | null;
  readonly target: string | null;
  readonly confidence: number;
  readonly votes: readonly Vote[];
}

export interface Check {
  readonly name: string;
  readonly value: string;
  readonly limit: string;
  readonly passed: boolean;
}

export type OrderType = "market" | "limit" | "stop" | "stop_limit";

/** What an account asked for, and what became of it; null where it is not known (yet). */
export interface Order extends Item {
  readonly id: string;
  readonly account: string;
  readonly venue: string;
  readonly symbol: string;
  readonly strategy: string | null;
  readonly origin?: "strategy" | "person" | "risk" | null;
  readonly action?: string | null;
  readonly state: string;
  readonly reason: string | null;
  readonly checks?: readonly Check[];
  readonly side: Side | null;
  readonly type?: OrderType | null;
  readonly price?: string | null;
  readonly trigger?: string | null;
  readonly rests?: string | null;
  readonly quantity: string | null;
  readonly filled?: string | null;
  readonly role?: string | null;
  readonly created?: string;
  readonly updated: string;
}

export interface Fill extends Item {
  readonly id: string;
  readonly order: string | null;
  readonly account: string;
  readonly venue: string;
  readonly symbol: string;
  readonly strategy: string;
  readonly side: Side;
  readonly price: string;
  readonly quantity: string;
  readonly fee: string | null;
  readonly seen_time: string;
}

/** trading.portfolio: a position, a strategy, or all of an account. */
export interface Portfolio extends Item {
  readonly key: string;
  readonly type: "position" | "strategy" | "account";
  readonly account: string;
  readonly venue: string | null;
  readonly symbol: string | null;
  readonly strategy: string;
  readonly quantity: string;
  readonly entry: string | null;
  readonly mark: string | null;
  readonly realised: string;
  readonly unrealised: string;
  readonly fees: string;
  readonly funding: string;
  readonly stop: string | null;
  readonly target: string | null;
  readonly equity: string | null;
  readonly exposure: string | null;
  readonly day_start: string | null;
  readonly closed: number;
  readonly won: number;
  readonly seen_time: string;
}

/** /v1/history/curve: what an account was worth at the end of a step of time. */
export interface Worth {
  readonly span: string;
  readonly equity: string | null;
  readonly earned: string;
}

/** control.state: what commands have set. */
export interface Setting extends Item {
  readonly account: string;
  readonly setting: string;
  readonly value: string;
  readonly why?: string;
}

/** A command, and what the desk has answered: null while it has not. */
export interface Command extends Item {
  readonly id: string;
  readonly state: "taken" | "refused" | null;
  readonly answer?: { readonly why: string } | null;
}

/** /v1/strategies: one of an account. */
export interface Strategy {
  readonly name: string;
  readonly running: boolean;
  readonly markets: readonly string[];
  readonly symbols: readonly string[];
  readonly advisors: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
  readonly configured: Readonly<Record<string, string>>;
}

/** /v1/limits: what binds, as the gateway has it; set: a person has set it. */
export interface Limit {
  readonly name: string;
  readonly value: unknown;
  readonly set: boolean;
}

export interface Happening extends Item {
  readonly id: string;
  readonly stage: string;
  readonly severity: string;
  readonly kind: string;
  readonly text?: string;
  readonly reason?: string;
  readonly seen_time: string;
}
