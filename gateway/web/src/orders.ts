/** Orders as the page needs them, from the channel's deltas. */

import type { Order } from "@/api/types";

/** States in which an order may still have an effect. */
const LIVE = new Set(["approved", "awaiting", "intended", "sent", "open", "partially_filled", "unknown"]);
const NOT_DONE = new Set(["refused", "rejected"]);

/** A command that changes or withdraws other orders, and is none. */
const isChange = (order: Order): boolean => (order.action ?? "place") !== "place";

export const isLive = (order: Order): boolean => LIVE.has(order.state) && !isChange(order);

/** What a person looks for among orders that are over. */
export const KINDS = ["sent", "filled", "cancelled", "refused", "all"] as const;
export type Kind = (typeof KINDS)[number];

const KEEPS: Record<Kind, (order: Order) => boolean> = {
  // a strategy that is refused asks again with the next tick: those would hide all else
  sent: (order) => order.state !== "refused" || order.origin === "person",
  filled: (order) => order.state === "filled" || Number(order.filled ?? 0) > 0,
  cancelled: (order) => order.state === "cancelled" || order.state === "expired",
  refused: (order) => NOT_DONE.has(order.state),
  all: () => true,
};

/** Whether an order is over and of that kind; a command that changed others is told where it failed. */
export const isOver = (order: Order, kind: Kind): boolean =>
  !LIVE.has(order.state) && KEEPS[kind](order) && (!isChange(order) || NOT_DONE.has(order.state));

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

/** What a trader looks at: those that live, then those that were sent, each the latest first. */
export const foremost = (orders: readonly Order[]): Order[] => [
  ...latest(orders.filter(isLive)), ...latest(orders.filter((each) => isOver(each, "sent"))),
];
