/** Orders as the page needs them, from the channel's deltas. */

import type { Order } from "@/api/types";

/** States in which an order may still have an effect. */
const LIVE = new Set(["approved", "awaiting", "intended", "sent", "open", "partially_filled", "unknown"]);

export const isLive = (order: Order): boolean => LIVE.has(order.state) && order.action !== "cancel";

/** What its price is: the one it rests at, else its limit or trigger; null at the market. */
export const priceOf = (order: Order): string | null =>
  order.rests ?? order.price ?? order.trigger ?? null;

/** The colour of a state. */
export function toneOf(state: string): "up" | "down" | "warn" | "" {
  if (state === "filled" || state === "partially_filled") return "up";
  if (state === "rejected" || state === "refused") return "down";
  return state === "unknown" || state === "awaiting" ? "warn" : "";
}

/** The latest first. */
export const latest = (orders: readonly Order[]): Order[] =>
  [...orders].sort((a, b) => ((a.created ?? a.updated) < (b.created ?? b.updated) ? 1 : -1));
