import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { ask, onEnd, Refusal } from "@/api/http";

type Answer = { status: number; body?: unknown };
const asked: { method: string; url: string; key: string | undefined }[] = [];
let answers: (Answer | Error)[] = [];

beforeEach(() => {
  asked.length = 0;
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    const headers = init.headers as Record<string, string>;
    asked.push({ method: init.method ?? "", url, key: headers["idempotency-key"] });
    const answer = answers.shift();
    if (!answer || answer instanceof Error) throw answer ?? new Error("no answer was planned");
    const body = answer.body === undefined ? null : JSON.stringify(answer.body);
    return new Response(body, { status: answer.status });
  });
});
afterEach(() => vi.unstubAllGlobals());

it("a problem becomes a refusal in its own words", async () => {
  answers = [{ status: 422, body: { type: "about:blank", title: "No", status: 422, detail: "quantity: not a number" } }];
  const error = await ask("POST", "/v1/orders", { body: {} }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(Refusal);
  expect((error as Refusal).message).toBe("quantity: not a number");
  expect((error as Refusal).unknown).toBe(false);
});

it("nobody knows what became of a request that was not answered", async () => {
  answers = [new TypeError("network")];
  const error = await ask("GET", "/v1/orders").catch((caught: unknown) => caught);
  expect((error as Refusal).unknown).toBe(true);
});

it("a session that ran out is renewed once for all, and the request keeps its key", async () => {
  answers = [{ status: 401 }, { status: 200 }, { status: 202, body: { id: "c1" } }];
  expect(await ask("POST", "/v1/orders", { body: {} })).toEqual({ id: "c1" });
  expect(asked.map((each) => each.url)).toEqual(["/v1/orders", "/v1/sessions/refresh", "/v1/orders"]);
  expect(asked[0]?.key).toBe(asked[2]?.key);
});

it("a session that cannot be renewed has ended", async () => {
  const ended = vi.fn();
  onEnd(ended);
  answers = [{ status: 401 }, { status: 401 }];
  await expect(ask("GET", "/v1/orders")).rejects.toBeInstanceOf(Refusal);
  expect(ended).toHaveBeenCalledOnce();
});
