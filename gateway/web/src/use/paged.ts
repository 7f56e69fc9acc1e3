import { computed, ref, type Ref } from "vue";

/** Rows in pages of `size`: those of the page that is shown, and how to turn it. */
export interface Paged<T> {
  readonly shown: Ref<readonly T[]>;
  readonly page: Ref<number>;
  readonly pages: Ref<number>;
  turn: (by: -1 | 1) => void;
}

export function usePaged<T>(rows: () => readonly T[], size: number): Paged<T> {
  const wanted = ref(0);
  const pages = computed(() => Math.max(1, Math.ceil(rows().length / size)));
  const page = computed(() => Math.min(wanted.value, pages.value - 1));
  const shown = computed(() => rows().slice(page.value * size, (page.value + 1) * size));

  function turn(by: -1 | 1): void {
    wanted.value = Math.min(Math.max(page.value + by, 0), pages.value - 1);
  }

  return { shown, page, pages, turn };
}
