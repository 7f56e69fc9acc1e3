/** Requests to the gateway: cookies for who it is, problem details for what went wrong. */

/** RFC 9457, as the gateway answers what it refuses. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
}

/** The gateway refused a request, or nobody answered (status 0). */
export class Refusal extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = "Refusal";
  }

  get status(): number {
    return this.problem.status;
  }

  /** Nobody knows whether it was done: the same request, with the same key, may be sent again. */
  get unknown(): boolean {
    return this.status === 0 || this.status >= 500;
  }
}

/** A page of a list, and where the next one begins. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface Options {
  readonly body?: unknown;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Of a change: given again, it has one effect. */
  readonly key?: string;
  readonly signal?: AbortSignal;
}

const NOBODY: Problem = { type: "about:blank", title: "The gateway does not answer", status: 0 };
const REFRESH = "/v1/sessions/refresh";

let renewing: Promise<boolean> | null = null;
let ended: () => void = () => undefined;

/** What to do when the session is over. */
export function onEnd(does: () => void): void {
  ended = does;
}

/** The answer's body; throws Refusal. A session that has run out is renewed once. */
export async function ask<T>(method: Method, path: string, options: Options = {}): Promise<T> {
  const key = method === "GET" ? undefined : (options.key ?? crypto.randomUUID());
  let answer = await send(method, path, options, key);
  if (answer.status === 401 && !path.startsWith("/v1/sessions")) {
    if (await renewed()) answer = await send(method, path, options, key);
    else ended();
  }
  return read<T>(answer);
}

async function send(method: Method, path: string, options: Options, key?: string): Promise<Response> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (options.body !== undefined) headers["content-type"] = "application/json";
  if (key !== undefined) headers["idempotency-key"] = key;
  if (method !== "GET") headers["x-tapeline-csrf"] = word();
  const init: RequestInit = { method, headers, credentials: "same-origin" };
  if (options.body !== undefined) init.body = JSON.stringify(options.body);
  if (options.signal !== undefined) init.signal = options.signal;
  try {
    return await fetch(path + search(options.query), init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Refusal(NOBODY);
  }
}

/** The word that only this page can read, which each change must say. */
function word(): string {
  return /(?:^|;\s*)(?:__Host-)?tapeline-csrf=([^;]*)/.exec(document.cookie)?.[1] ?? "";
}

function search(query: Options["query"]): string {
  const told = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== "");
  return told.length ? `?${new URLSearchParams(told.map(([name, value]) => [name, String(value)]))}` : "";
}

async function read<T>(answer: Response): Promise<T> {
  const text = await answer.text();
  const body: unknown = text ? parsed(text) : undefined;
  if (answer.ok) return body as T;
  throw new Refusal(isProblem(body) ? body : { ...NOBODY, title: answer.statusText, status: answer.status });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "title" in body && "status" in body;
}

/** Several requests that find the session run out renew it once. */
function renewed(): Promise<boolean> {
  renewing ??= send("POST", REFRESH, { body: {} }, crypto.randomUUID())
    .then((answer) => answer.ok, () => false)
    .finally(() => (renewing = null));
  return renewing;
}
