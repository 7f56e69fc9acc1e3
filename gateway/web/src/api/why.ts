import { ask } from "@/api/http";
import { settled } from "@/api/jobs";
import type { Check, Level, Vote } from "@/api/types";

/** An order's chain as `tapeline why --json` tells it: each effect with its cause. */
export interface Chain {
  readonly order: string | null;
  readonly identical: boolean;
  readonly statuses: readonly {
    readonly id: string; readonly type: string; readonly state: string | null;
    readonly price: string | null; readonly quantity: string | null;
  }[];
  readonly order_decision: { readonly checks: readonly Check[] } | null;
  readonly decision: {
    readonly strategy: string; readonly verdict: string; readonly confidence: number;
    readonly votes: readonly Vote[];
  } | null;
  readonly signal: {
    readonly action: string; readonly strength: number | null;
    readonly scores: readonly {
      readonly rule: string; readonly side: string; readonly points: number; readonly reason: string;
    }[];
  } | null;
  readonly ticks: { readonly key: string; readonly bid: Level | null; readonly ask: Level | null } | null;
  readonly raw: { readonly seen_time: number; readonly frames: readonly string[] } | null;
}

/** The chain of an order; it is looked up by a process of its own, and waited for. */
export async function explain(order: string, signal: AbortSignal): Promise<Chain> {
  const job = await ask<{ id: string }>("POST", "/v1/why", { body: { order }, signal });
  return settled<Chain>(job.id, signal);
}
