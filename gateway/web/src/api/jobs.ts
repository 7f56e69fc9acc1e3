import { ask, Refusal } from "@/api/http";

/** Work that the gateway does in a process of its own. */
export interface Job {
  readonly id: string;
  readonly kind: "why" | "backtest" | "replay";
  readonly asked: Readonly<Record<string, unknown>>;
  readonly state: "waiting" | "running" | "done" | "failed" | "cancelled";
  readonly progress: number;
  readonly created: string;
  readonly error: string;
  /** Names of the files of its report. */
  readonly report: readonly string[];
}

const LOOK = 400;

/** What a job gives, once it is done. */
export async function settled<T>(id: string, signal: AbortSignal): Promise<T> {
  for (;;) {
    const job = await ask<Job>("GET", `/v1/jobs/${id}`, { signal });
    if (job.state === "done") return ask<T>("GET", `/v1/jobs/${id}/result`, { signal });
    if (job.state === "failed" || job.state === "cancelled") {
      throw new Refusal({ type: "about:blank", title: job.error || job.state, status: 409 });
    }
    await new Promise((then) => setTimeout(then, LOOK));
  }
}
