import { onBeforeUnmount, onMounted } from "vue";

/**
 * Loads at once, and again `pause` milliseconds after each time that it was done, until the
 * component goes. `load` tells its faults itself. Gives what loads at once again.
 */
export function usePoll(load: () => Promise<void>, pause: number): () => Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let turn = 0;

  async function again(): Promise<void> {
    clearTimeout(timer);
    const mine = ++turn;
    await load();
    if (mine === turn) timer = setTimeout(() => void again(), pause);
  }

  onMounted(again);
  onBeforeUnmount(() => {
    turn += 1; // what is under way sets no timer
    clearTimeout(timer);
  });
  return again;
}
