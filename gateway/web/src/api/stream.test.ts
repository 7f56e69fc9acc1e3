import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { SILENT, Stream, type State, type Wire } from "@/api/stream";

class Fake implements Wire {
  onopen: (() => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  readonly sent: Record<string, unknown>[] = [];
  closed = false;
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close(): void {
    this.closed = true;
  }
  hear(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

let wires: Fake[];
let states: State[];
let stream: Stream;
let signedOut: ReturnType<typeof vi.fn>;
const last = (): Fake => wires.at(-1) as Fake;
const place = { channel: "orders", key: "paper" };

beforeEach(() => {
  vi.useFakeTimers();
  wires = [];
  states = [];
  signedOut = vi.fn();
  stream = new Stream(
    () => {
      wires.push(new Fake());
      return last();
    },
    (state) => states.push(state),
    () => undefined,
    signedOut as unknown as () => void,
  );
  stream.open();
});
afterEach(() => vi.useRealTimers());

function heard(): { items: number[]; end: () => void } {
  const items: number[] = [];
  const end = stream.subscribe<number>("orders", "paper", {
    snapshot: (all) => items.splice(0, items.length, ...all),
    delta: (item) => items.push(item),
  });
  return { items, end };
}

it("a snapshot and what comes behind it are told, nothing twice", () => {
  last().onopen?.();
  const { items } = heard();
  last().hear({ type: "snapshot", ...place, epoch: "e", sequence: 2, items: [1, 2] });
  last().hear({ type: "delta", ...place, sequence: 2, item: 2 });
  last().hear({ type: "delta", ...place, sequence: 3, item: 3 });
  expect(items).toEqual([1, 2, 3]);
});

it("after a break it goes on behind the last number, and what is told again is left out", () => {
  const { items } = heard();
  last().onopen?.();
  expect(last().sent.at(-1)).toEqual({ type: "subscribe", ...place });
  last().hear({ type: "snapshot", ...place, epoch: "e", sequence: 1, items: [1] });
  last().onclose?.({ code: 1006 });
  expect(states.at(-1)).toBe("away");
  vi.advanceTimersByTime(1000);
  last().onopen?.();
  expect(wires.length).toBe(2);
  expect(last().sent).toEqual([{ type: "subscribe", ...place, epoch: "e", after: 1 }]);
  last().hear({ type: "resumed", ...place, epoch: "e", sequence: 1 });
  last().hear({ type: "delta", ...place, sequence: 2, item: 2 });
  expect(items).toEqual([1, 2]);
  expect(states.at(-1)).toBe("live");
});

it("a gateway that was started anew gives a snapshot in place of what is gone", () => {
  const { items } = heard();
  last().onopen?.();
  last().hear({ type: "snapshot", ...place, epoch: "e", sequence: 9, items: [1] });
  last().hear({ type: "snapshot", ...place, epoch: "f", sequence: 1, items: [7] });
  last().hear({ type: "delta", ...place, sequence: 2, item: 8 });
  expect(items).toEqual([7, 8]);
});

it("it waits longer each time, and no less than that", () => {
  for (let turn = 0; turn < 8; turn++) {
    last().onclose?.({ code: 1006 });
    vi.advanceTimersByTime(13_000);
  }
  expect(wires.length).toBe(9);
  last().onclose?.({ code: 1006 });
  vi.advanceTimersByTime(7_000);
  expect(wires.length).toBe(9);
});

it("a silent connection is taken for dead", () => {
  last().onopen?.();
  vi.advanceTimersByTime(SILENT + 1);
  expect(wires[0]?.closed).toBe(true);
  expect(states.at(-1)).toBe("away");
});

it("who is no longer signed in is told so", () => {
  last().onopen?.();
  last().onclose?.({ code: 4401 });
  expect(signedOut).toHaveBeenCalledOnce();
});

it("what nobody listens to is not asked for any more", () => {
  last().onopen?.();
  const { end } = heard();
  end();
  expect(last().sent.at(-1)).toEqual({ type: "unsubscribe", ...place });
});

it("a stream that was closed on purpose stays closed", () => {
  last().onopen?.();
  stream.close();
  last().onclose?.({ code: 1000 });
  vi.advanceTimersByTime(60_000);
  expect(wires.length).toBe(1);
});
