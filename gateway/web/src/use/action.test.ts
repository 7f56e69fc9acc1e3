import { expect, it } from "vitest";

import { Refusal } from "@/api/http";
import { useAction } from "@/use/action";

const refusal = (status: number) => new Refusal({ type: "about:blank", title: "no", status });

it("what nobody knows the end of is tried again under the same key", async () => {
  const keys: string[] = [];
  const answers = [refusal(0), refusal(503), null, refusal(422), null];
  const { run, fault } = useAction(async (key: string, _order: { quantity: string }) => {
    keys.push(key);
    const answer = answers.shift();
    if (answer) throw answer;
  });
  for (const done of [false, false, true]) expect(await run({ quantity: "1" })).toBe(done);
  expect(new Set(keys).size).toBe(1);
  expect(fault.value).toBeNull();
  await run({ quantity: "1" }); // done before: this is another order
  await run({ quantity: "1" }); // refused before: nothing was done
  expect(new Set(keys).size).toBe(3);
});

it("another order has another key", async () => {
  const keys: string[] = [];
  const { run } = useAction(async (key: string, _quantity: string) => {
    keys.push(key);
    throw refusal(0);
  });
  await run("1");
  await run("2");
  expect(new Set(keys).size).toBe(2);
});
