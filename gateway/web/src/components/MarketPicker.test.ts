import { mount } from "@vue/test-utils";
import { expect, it, vi } from "vitest";

import MarketPicker from "@/components/MarketPicker.vue";

const ends: (() => void)[] = [];
const load = vi.fn(() => new Promise<void>((end) => ends.push(end)));
vi.mock("@/stores/desk", () => ({ useDesk: () => ({ load, markets: [], accounts: [] }) }));

it("looks for markets until there are some, and no longer than it is shown", async () => {
  vi.useFakeTimers();
  const stubs = { FaultNote: true };
  const view = mount(MarketPicker, { global: { stubs, mocks: { $t: String } } });
  ends.pop()?.();
  await vi.advanceTimersByTimeAsync(2000);
  expect(load).toHaveBeenCalledTimes(2);
  view.unmount();
  ends.pop()?.();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(load).toHaveBeenCalledTimes(2);
  vi.useRealTimers();
});
