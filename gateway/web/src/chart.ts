/** What is drawn on a chart. Numbers here are for the eye only: money stays a decimal string. */

import type { Signal } from "@/api/types";
import { milliseconds } from "@/format";

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

/** What happened, before it is known to which bar it belongs. */
export interface Happened {
  readonly at: string;
  readonly side: "buy" | "sell";
  readonly text: string;
}

/** Marks at the bars (rising times) in which things happened; what is before the first bar is not shown. */
export function marksOf(happened: readonly Happened[], shape: Mark["shape"], times: readonly number[]): Mark[] {
  const first = times[0] ?? Infinity;
  return happened.flatMap(({ at, side, text }) => {
    const moment = Math.floor(milliseconds(at) / 1000);
    if (moment < first) return [];
    return [{ time: times.findLast((each) => each <= moment) ?? first, side, shape, text }];
  });
}

/** Signals where they turn: one that says the same as the one before is not told again. */
export function turns(signals: readonly Signal[]): Happened[] {
  const told = [...signals].sort((a, b) => (a.seen_time < b.seen_time ? -1 : 1));
  return told
    .filter((each, at) => each.action !== told[at - 1]?.action && each.action !== "hold")
    .map(({ action, seen_time, strength }) => ({
      at: seen_time, side: action.includes("buy") ? "buy" : "sell",
      text: strength === null ? "" : `${Math.round(strength * 100)}%`,
    }));
}
