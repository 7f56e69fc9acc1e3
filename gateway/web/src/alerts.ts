/** What a person should look at now, of what the desk tells of itself. */

import type { Happening } from "@/api/types";

export interface Stage {
  readonly stage: string;
  readonly takes: string | null;
  readonly gives: string | null;
  readonly lag: number;
}

export interface Topic {
  readonly topic: string;
  readonly records: number | null;
  readonly writer: string;
}

/** text: as the desk says it; else `kind` is what it is called here, with `count`. */
export interface Alert {
  readonly id: string;
  readonly stage: string;
  readonly severity: "error" | "warning";
  readonly kind: "broker" | "late" | "told";
  readonly text?: string | undefined;
  readonly count?: number;
  readonly at?: string;
}

const LATE = 1000;
/** Events that are shown at most. */
const MOST = 5;

/** Whether a stage is so far behind that one should look. */
export const late = (stage: Stage): boolean => stage.lag > LATE;

/** Alerts, the gravest first: no broker, then errors of what was told since each stage's last start, stages that are late, warnings of it. */
export function alertsOf(latestFirst: readonly Happening[], stages: readonly Stage[], broker: boolean): Alert[] {
  const started = new Set<string>();
  const told: Alert[] = [];
  for (const each of latestFirst) {
    if (each.severity !== "info" && !started.has(each.stage)) {
      const severity = each.severity === "error" ? "error" : "warning";
      told.push({ id: each.id, stage: each.stage, severity, kind: "told", text: each.text ?? each.reason ?? each.kind, at: each.seen_time });
    }
    if (each.kind === "started") started.add(each.stage);
  }
  const away: Alert[] = broker ? [] : [{ id: "broker", stage: "Kafka", severity: "error", kind: "broker" }];
  const slow = stages.filter(late).map(({ stage, lag }): Alert => (
    { id: `late ${stage}`, stage, severity: "warning", kind: "late", count: lag }
  ));
  const errors = told.filter((each) => each.severity === "error").slice(0, MOST);
  const warnings = told.filter((each) => each.severity !== "error").slice(0, MOST - errors.length);
  return [...away, ...errors, ...slow, ...warnings];
}
