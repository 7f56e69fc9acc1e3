import { mount } from "@vue/test-utils";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { defineComponent } from "vue";

import { usePoll } from "@/use/poll";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A component that polls each second; its loads end when they are let. */
function polling() {
  const ends: (() => void)[] = [];
  const load = vi.fn(() => new Promise<void>((end) => ends.push(end)));
  let again: () => Promise<void> = load;
  const view = mount(defineComponent({
    setup() {
      again = usePoll(load, 1000);
      return () => null;
    },
  }));
  return { load, view, again: () => void again(), end: () => ends.shift()?.() };
}

it("asks again when the last answer has come and a pause has passed", async () => {
  const { load, end } = polling();
  await vi.advanceTimersByTimeAsync(5000);
  expect(load).toHaveBeenCalledTimes(1);
  end();
  await vi.advanceTimersByTimeAsync(999);
  expect(load).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(load).toHaveBeenCalledTimes(2);
});

it("is over with the view, also while an answer is under way", async () => {
  const { load, view, end } = polling();
  view.unmount();
  end();
  await vi.advanceTimersByTimeAsync(5000);
  expect(load).toHaveBeenCalledTimes(1);
});

it("goes on from the answer to what was asked for last", async () => {
  const { load, again, end } = polling();
  again();
  end();
  await vi.advanceTimersByTimeAsync(500);
  end();
  await vi.advanceTimersByTimeAsync(999);
  expect(load).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(load).toHaveBeenCalledTimes(3);
});
