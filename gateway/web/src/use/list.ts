import { onBeforeUnmount, ref, type Ref } from "vue";

import { ask, type Options, type Page } from "@/api/http";

/** A list of the gateway, page by page. */
export interface List<T> {
  readonly items: Ref<T[]>;
  readonly busy: Ref<boolean>;
  readonly fault: Ref<unknown>;
  readonly whole: Ref<boolean>;
  /** Read the first page anew. */
  load: () => Promise<void>;
  /** Read the next page. */
  more: () => Promise<void>;
}

export function useList<T>(path: () => string, query: () => Options["query"] = () => ({})): List<T> {
  const items = ref<T[]>([]) as Ref<T[]>;
  const busy = ref(false);
  const fault = ref<unknown>(null);
  const whole = ref(true);
  let cursor: string | null = null;
  let turn = 0;

  async function read(from: string | null): Promise<void> {
    const mine = ++turn;
    busy.value = true;
    fault.value = null;
    try {
      const asked = { ...query(), cursor: from ?? undefined };
      const page: Page<T> = await ask("GET", path(), { query: asked });
      if (mine !== turn) return; // a later question is on its way
      items.value = from === null ? [...page.items] : [...items.value, ...page.items];
      cursor = page.next;
      whole.value = page.next === null;
    } catch (error) {
      if (mine === turn) fault.value = error;
    } finally {
      if (mine === turn) busy.value = false;
    }
  }

  onBeforeUnmount(() => turn++);
  return { items, busy, fault, whole, load: () => read(null), more: () => read(cursor) };
}
