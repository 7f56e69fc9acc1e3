/** A book for the eye: sums are numbers here, prices and quantities stay as they are. */

import type { Level } from "@/api/types";

export interface Deep {
  readonly price: string;
  readonly quantity: string;
  /** What is on offer up to this price. */
  readonly total: number;
}

/** The best `most` levels with their running sums. */
export function deep(levels: readonly Level[], most: number): Deep[] {
  let total = 0;
  return levels.slice(0, most).map(([price, quantity]) => {
    total += Number(quantity);
    return { price, quantity, total };
  });
}
