/** What is drawn on a chart. Numbers here are for the eye only: money stays a decimal string. */

export interface Bar {
  /** Seconds since 1970 of the bar's beginning. */
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

export interface Mark {
  readonly time: number;
  readonly side: "buy" | "sell";
  readonly shape: "signal" | "fill";
  readonly text: string;
}

export interface Line {
  readonly price: number;
  readonly text: string;
  readonly style: "order" | "stop";
  /** The colour's name, such as --down. */
  readonly tone: string;
}

/** Of a curve: time in seconds since 1970, rising. */
export interface Point {
  readonly time: number;
  readonly value: number;
}

/** Digits after the point that tell prices of that tick size apart. */
export function digitsOf(tick: string): number {
  const [, rest = ""] = tick.replace(/0+$/, "").split(".");
  return rest.length;
}
