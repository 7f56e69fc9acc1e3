/** What the gateway tells. Money and quantities are decimal strings, times RFC 3339 in UTC. */

export type Side = "buy" | "sell";
export type Level = readonly [price: string, quantity: string];

export interface Market {
  readonly key: string;
  readonly venue: string;
  readonly symbol: string;
  readonly tick: string;
}

export interface BarRow {
  readonly time: string;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
}

export interface Signal {
  readonly symbol: string;
  readonly event_time: string | null;
  readonly action: string;
  readonly strength: number | null;
  readonly published: boolean;
  readonly book: string;
  readonly bid: Level | null;
  readonly ask: Level | null;
  readonly last: string | null;
}

export interface Vote {
  readonly advisor: string;
  readonly verdict: string;
  readonly confidence: number;
  readonly weight: number;
  readonly reasons: readonly string[];
}

export interface Decision {
  readonly id: string;
  readonly key: string;
  readonly symbol: string;
  readonly strategy: string;
  readonly time: string;
  readonly verdict: string;
  readonly reason: string | null;
  readonly entry: string | null;
  readonly stop: string | null;
  readonly target: string | null;
  readonly confidence: number;
  readonly votes: readonly Vote[];
}

export interface Order {
  readonly client_order_id: string;
  readonly account: string;
  readonly venue: string;
  readonly symbol: string;
  readonly strategy: string;
  readonly time: string;
  readonly side: Side;
  readonly type: "market" | "limit" | "stop" | "stop_limit";
  readonly price: string | null;
  readonly quantity: string;
  readonly filled: string | null;
  readonly state: string;
  readonly reason: string | null;
}

export interface Fill {
  readonly id: string;
  readonly time: string;
  readonly account: string;
  readonly symbol: string;
  readonly side: Side;
  readonly price: string;
  readonly quantity: string;
  readonly fee: string | null;
}

export interface Position {
  readonly account: string;
  readonly venue: string;
  readonly symbol: string;
  readonly quantity: string;
  readonly entry: string | null;
  readonly mark: string | null;
  readonly realised: string;
  readonly unrealised: string;
  readonly stop: string | null;
  readonly target: string | null;
}

export interface Account {
  readonly account: string;
  readonly equity: string | null;
  readonly exposure: string | null;
  readonly realised: string;
  readonly unrealised: string;
  readonly fees: string;
  readonly funding: string;
  readonly day_start: string | null;
  readonly closed: number;
  readonly won: number;
}
