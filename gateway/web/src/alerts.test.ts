import { expect, it } from "vitest";

import { alertsOf, type Stage } from "@/alerts";
import type { Happening } from "@/api/types";

const event = (id: string, severity: string, kind: string, stage = "ticks"): Happening => ({
  id, stage, severity, kind, text: id, seen_time: "2024-08-08T00:00:00Z",
});
const stage = (lag: number): Stage => ({ stage: "signals", takes: "a", gives: "b", lag });

it("a quiet desk has no alerts", () => {
  expect(alertsOf([event("a", "info", "started")], [stage(5)], true)).toEqual([]);
});

it("what a stage told before its last start is over", () => {
  const events = [event("new", "warning", "gap"), event("up", "info", "started"), event("old", "error", "crash")];
  expect(alertsOf(events, [], true).map((each) => each.id)).toEqual(["new"]);
});

it("the gravest is first", () => {
  const events = [event("w", "warning", "gap"), event("e", "error", "dead letter", "orders")];
  expect(alertsOf(events, [stage(2000)], false).map((each) => each.id)).toEqual(["broker", "e", "late signals", "w"]);
});

it("of what was told the five gravest are shown, the latest of them first", () => {
  const told = (severity: string) => ["1", "2", "3", "4"].map((at) => event(severity[0] + at, severity, "gap"));
  const events = [...told("warning"), ...told("error")];
  expect(alertsOf(events, [], true).map((each) => each.id)).toEqual(["e1", "e2", "e3", "e4", "w1"]);
});
