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

/** Bars with one more, which replaces the last where it is of the same time; the latest `most`. */
export function grown(bars: readonly Bar[], bar: Bar, most: number): Bar[] {
  const last = bars.at(-1);
  if (last !== undefined && bar.time < last.time) return [...bars];
  const kept = last !== undefined && last.time === bar.time ? bars.slice(0, -1) : bars;
  return [...kept, bar].slice(-most);
}

/** Digits after the point that tell prices of that tick size apart. */
export function digitsOf(tick: string): number {
  const [, rest = ""] = tick.replace(/0+$/, "").split(".");
  return rest.length;
}
