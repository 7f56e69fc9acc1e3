import { expect, it } from "vitest";

import { deep } from "@/depth";

it("each level tells what is on offer up to it", () => {
  const levels = [["10", "1.5"], ["9", "0.5"], ["8", "3"]] as const;
  expect(deep(levels, 2)).toEqual([
    { price: "10", quantity: "1.5", total: 1.5 }, { price: "9", quantity: "0.5", total: 2 },
  ]);
});
