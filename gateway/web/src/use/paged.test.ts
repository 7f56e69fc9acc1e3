import { expect, it } from "vitest";
import { shallowRef } from "vue";

import { usePaged } from "@/use/paged";

it("pages are turned within what there is, also when rows go", () => {
  const rows = shallowRef(Array.from({ length: 60 }, (_, at) => at));
  const { shown, page, pages, turn } = usePaged(() => rows.value, 25);
  expect(pages.value).toBe(3);
  turn(-1);
  expect(shown.value[0]).toBe(0);
  for (let at = 0; at < 5; at += 1) turn(1);
  expect(shown.value).toEqual(rows.value.slice(50));
  rows.value = [1];
  expect([page.value, shown.value]).toEqual([0, [1]]);
});
