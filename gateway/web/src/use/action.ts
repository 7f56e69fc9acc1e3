import { ref, type Ref } from "vue";

import { Refusal } from "@/api/http";

/** Something a person does: whether it is on its way, and what became of it. */
export interface Action<A extends unknown[]> {
  readonly busy: Ref<boolean>;
  readonly fault: Ref<unknown>;
  /** True once it was done. Where nobody knows, the next try has the same key: one effect. */
  run: (...given: A) => Promise<boolean>;
}

export function useAction<A extends unknown[]>(does: (key: string, ...given: A) => Promise<void>): Action<A> {
  const busy = ref(false);
  const fault = ref<unknown>(null);
  let kept: { key: string; given: string } | null = null;

  async function run(...given: A): Promise<boolean> {
    const told = JSON.stringify(given);
    const key = kept?.given === told ? kept.key : crypto.randomUUID();
    busy.value = true;
    fault.value = null;
    kept = null;
    try {
      await does(key, ...given);
      return true;
    } catch (error) {
      fault.value = error;
      if (error instanceof Refusal && error.unknown) kept = { key, given: told };
      return false;
    } finally {
      busy.value = false;
    }
  }

  return { busy, fault, run };
}
