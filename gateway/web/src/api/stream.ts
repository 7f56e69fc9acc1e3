/**
 * The gateway's stream: a snapshot of each channel, then deltas under numbers that count up. After
 * a break it goes on behind the last number that was had; where that is gone there is a snapshot.
 */

export type State = "connecting" | "live" | "away";

export interface Listener<T> {
  /** All that is now: what was told before is no more. */
  snapshot: (items: readonly T[]) => void;
  delta: (item: T) => void;
}

/** What of a WebSocket is used; a test has its own. */
export interface Wire {
  onopen: (() => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  onmessage: ((event: { data: string }) => void) | null;
  send: (text: string) => void;
  close: () => void;
}

interface Feed {
  readonly channel: string;
  readonly key: string;
  readonly listeners: Set<Listener<unknown>>;
  epoch: string;
  after: number | null;
}

type Frame =
  | { type: "snapshot"; channel: string; key: string; epoch: string; sequence: number; items: unknown[] }
  | { type: "resumed"; channel: string; key: string; epoch: string; sequence: number }
  | { type: "delta"; channel: string; key: string; sequence: number; item: unknown }
  | { type: "desk"; broker: boolean }
  | { type: "problem"; kind: string; detail: string }
  | { type: "heartbeat" | "pong" };

const FIRST = 500;
const LONGEST = 10_000;
/** Milliseconds without a word after which the connection is taken for dead. */
export const SILENT = 40_000;
/** The code with which the gateway ends the stream of one who is no longer signed in. */
const SIGNED_OUT = 4401;

export class Stream {
  private wire: Wire | null = null;
  private readonly feeds = new Map<string, Feed>();
  private delay = FIRST;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private wanted = false;

  constructor(
    private readonly connect: () => Wire,
    private readonly tell: (state: State) => void,
    private readonly desk: (broker: boolean) => void = () => undefined,
    private readonly signedOut: () => void = () => undefined,
  ) {}

  open(): void {
    if (this.wanted) return;
    this.wanted = true;
    this.dial();
  }

  close(): void {
    this.wanted = false;
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    this.wire?.close();
    this.wire = null;
  }

  /** Listen to a channel and key; gives what ends it. */
  subscribe<T>(channel: string, key: string, listener: Listener<T>): () => void {
    const name = `${channel} ${key}`;
    const known = this.feeds.get(name);
    const feed: Feed = known ?? { channel, key, listeners: new Set(), epoch: "", after: null };
    const added = listener as Listener<unknown>;
    feed.listeners.add(added);
    this.feeds.set(name, feed);
    feed.after = null; // one more listener needs all that is now
    this.ask(feed);
    return () => {
      feed.listeners.delete(added);
      if (feed.listeners.size > 0 || this.feeds.get(name) !== feed) return;
      this.feeds.delete(name);
      this.say({ type: "unsubscribe", channel, key });
    };
  }

  private dial(): void {
    this.tell(this.delay > FIRST ? "away" : "connecting");
    const wire = this.connect();
    this.wire = wire;
    wire.onopen = () => {
      this.delay = FIRST;
      this.tell("live");
      this.listen();
      for (const feed of this.feeds.values()) this.ask(feed);
    };
    wire.onmessage = (event) => {
      this.listen();
      this.hear(JSON.parse(event.data) as Frame);
    };
    wire.onclose = (event) => this.lost(wire, event.code);
  }

  private lost(wire: Wire, code: number): void {
    if (this.wire !== wire || !this.wanted) return;
    this.wire = null;
    clearTimeout(this.silence);
    if (code === SIGNED_OUT) this.signedOut();
    this.tell("away");
    this.timer = setTimeout(() => this.dial(), this.delay * (0.75 + Math.random() / 2));
    this.delay = Math.min(this.delay * 2, LONGEST);
  }

  private listen(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      const wire = this.wire;
      wire?.close();
      if (wire) this.lost(wire, 1006); // a dead connection may not tell that it is closed
    }, SILENT);
  }

  private ask(feed: Feed): void {
    const from = feed.after === null ? {} : { epoch: feed.epoch, after: feed.after };
    this.say({ type: "subscribe", channel: feed.channel, key: feed.key, ...from });
  }

  private say(message: object): void {
    if (this.wire && this.wire.onopen) {
      try {
        this.wire.send(JSON.stringify(message));
      } catch {
        // not open yet: all feeds are asked for once it is
      }
    }
  }

  private hear(frame: Frame): void {
    if (frame.type === "desk") this.desk(frame.broker);
    if (!("channel" in frame) || !("sequence" in frame)) return;
    const feed = this.feeds.get(`${frame.channel} ${frame.key}`);
    if (feed === undefined) return;
    if (frame.type === "delta") {
      if (feed.after === null || frame.sequence <= feed.after) return; // had already
      feed.after = frame.sequence;
      for (const listener of feed.listeners) listener.delta(frame.item);
      return;
    }
    feed.epoch = frame.epoch;
    feed.after = frame.sequence;
    if (frame.type === "snapshot") {
      for (const listener of feed.listeners) listener.snapshot(frame.items);
    }
  }
}
