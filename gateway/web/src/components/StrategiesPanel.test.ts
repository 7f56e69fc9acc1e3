import { flushPromises, mount } from "@vue/test-utils";
import { beforeEach, expect, it, vi } from "vitest";
import { type Ref, shallowRef } from "vue";

import StrategiesPanel from "@/components/StrategiesPanel.vue";
import { i18n } from "@/i18n";

const main = {
  name: "main", running: true, markets: ["*"], symbols: [], advisors: ["rule"],
  configured: { trailing: "true", stop_percent: "2" }, parameters: { trailing: "false" },
};
const ask = vi.fn(async (method: string, ..._rest: unknown[]) => (method === "GET" ? [main] : { id: "c1" }));
const rights = new Set<string>();
const channels: Record<string, Ref<readonly unknown[]>> = {};

vi.mock("@/api/http", async (real) => ({ ...(await real<object>()), ask: (...given: [string]) => ask(...given) }));
vi.mock("@/stores/session", () => ({ useSession: () => ({ may: (right: string) => rights.has(right) }) }));
vi.mock("@/use/feed", () => ({
  useFeed: (channel: string) => ({ items: (channels[channel] ??= shallowRef([])), known: shallowRef(true) }),
}));

const panel = async () => {
  const made = mount(StrategiesPanel, { props: { account: "paper" }, global: { plugins: [i18n] } });
  await flushPromises();
  return made;
};

beforeEach(() => {
  ask.mockClear();
  rights.clear();
  for (const name of Object.keys(channels)) delete channels[name];
});

it("says which run, where and how, and what people have set goes over the settings", async () => {
  const row = (await panel()).find("[data-strategy=main]");
  expect(row.text()).toContain("On");
  expect(row.text()).toContain("all markets");
  expect(row.text()).toContain("trailing false · stop percent 2");
  expect(row.find("button").exists()).toBe(false);
});

it("stops one once its name is typed, and tells what the desk answers", async () => {
  rights.add("strategy");
  const made = await panel();
  await made.find("[data-strategy=main] button").trigger("click");
  const typed = made.findAll("dialog input");
  expect(typed).toHaveLength(1); // no reason is kept, so none is asked for
  expect(made.find("dialog button").attributes("disabled")).toBeDefined();
  await typed[0]?.setValue("main");
  await made.find("dialog form").trigger("submit");
  await flushPromises();
  expect(ask.mock.calls.find(([method]) => method === "POST")).toMatchObject([
    "POST", "/v1/strategies/main/stop", { body: { account: "paper" } },
  ]);
  expect(made.text()).toContain("on its way");
  const commands = channels["commands"];
  if (commands) commands.value = [{ id: "c1", state: "refused", answer: { why: "no such thing" } }];
  await flushPromises();
  expect(made.text()).toContain("The desk has refused the command: no such thing");
});
