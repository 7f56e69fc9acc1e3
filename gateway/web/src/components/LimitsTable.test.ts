import { flushPromises, mount } from "@vue/test-utils";
import { beforeEach, expect, it, vi } from "vitest";
import { type Ref, shallowRef } from "vue";

import { Refusal } from "@/api/http";
import LimitsTable from "@/components/LimitsTable.vue";
import { i18n } from "@/i18n";

const limits = [
  { name: "risk_per_trade", value: "0.01", set: true },
  { name: "close_near_liquidation", value: false, set: false },
  { name: "profile", value: null, set: false },
  { name: "tomorrows", value: "7", set: false },
];
const ask = vi.fn(async (..._given: unknown[]) => ({ id: "c1" }));
const rights = new Set<string>();
const channels: Record<string, Ref<readonly unknown[]>> = {};

vi.mock("@/api/http", async (real) => ({ ...(await real<object>()), ask: (...given: unknown[]) => ask(...given) }));
vi.mock("@/stores/session", () => ({ useSession: () => ({ may: (right: string) => rights.has(right) }) }));
vi.mock("@/use/feed", () => ({
  useFeed: (channel: string) => ({ items: (channels[channel] ??= shallowRef([])), known: shallowRef(true) }),
}));

const table = () => mount(LimitsTable, { props: { account: "paper", limits }, global: { plugins: [i18n] } });
const row = (made: ReturnType<typeof table>, name: string) => made.get(`[data-limit=${name}]`);

async function type(made: ReturnType<typeof table>, name: string, text: string): Promise<void> {
  await row(made, name).get("input, select").setValue(text);
  await row(made, name).get("form").trigger("submit");
  await flushPromises();
}

beforeEach(() => {
  ask.mockReset().mockResolvedValue({ id: "c1" });
  rights.clear();
  for (const name of Object.keys(channels)) delete channels[name];
});

it("tells each limit in people's units, and offers nothing to who may not set them", () => {
  const made = table();
  expect(row(made, "risk_per_trade").text()).toMatch(/^Risk per trade.*1 %.*set by hand/is);
  expect(row(made, "close_near_liquidation").text()).toContain("no");
  expect(row(made, "profile").text()).toContain("none");
  expect(made.find("form").exists()).toBe(false);
});

it("asks in the gateway's units, tells what the desk answers, and is ready for the next", async () => {
  rights.add("limit");
  const made = table();
  await type(made, "risk_per_trade", "2.5");
  expect(ask).toHaveBeenCalledTimes(1);
  expect(ask.mock.calls[0]).toMatchObject([
    "PUT", "/v1/limits/risk_per_trade", { body: { account: "paper", value: "0.025" } },
  ]);
  expect(made.text()).toContain("on its way");
  expect((row(made, "risk_per_trade").get("input").element as HTMLInputElement).value).toBe("");
  await type(made, "close_near_liquidation", "true");
  expect(ask.mock.calls[1]?.[2]).toMatchObject({ body: { value: "true" } });
  expect(row(made, "tomorrows").find("form").exists()).toBe(false); // of an unknown one no unit is known
});

it("asks for nothing where what was typed is no such value", async () => {
  rights.add("limit");
  const made = table();
  for (const text of ["much", "1e3", "-1"]) {
    await type(made, "risk_per_trade", text);
    expect(made.get("[role=alert]").text()).toContain("Risk per trade");
  }
  expect(ask).not.toHaveBeenCalled();
  await made.setProps({ account: "other" });
  expect(made.find("[role=alert]").exists()).toBe(false);
});

it("keeps what was typed where the gateway refuses it", async () => {
  rights.add("limit");
  ask.mockRejectedValueOnce(new Refusal({ status: 422, type: "invalid", title: "invalid", detail: "too much" }));
  const made = table();
  await type(made, "risk_per_trade", "99");
  expect(made.text()).toContain("too much");
  expect((row(made, "risk_per_trade").get("input").element as HTMLInputElement).value).toBe("99");
});
