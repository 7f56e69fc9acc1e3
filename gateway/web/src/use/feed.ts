import { onScopeDispose, shallowRef, type ShallowRef, watch } from "vue";

import { useStream } from "@/stores/stream";

export interface Feed<T> {
  /** The objects, oldest first; replaced at most once a frame of the screen. */
  readonly items: ShallowRef<readonly T[]>;
  /** Whether the snapshot has come. */
  readonly known: ShallowRef<boolean>;
}

export interface How<T> {
  /** What tells an object: a delta replaces what it was before. */
  readonly id: (item: T) => string;
  /** Objects kept, the latest. */
  readonly most?: number;
  /** Of those, which are kept however old they are. */
  readonly stays?: (item: T) => boolean;
  /** What is kept of an object, of what it was and what has come. */
  readonly merge?: (before: T | undefined, item: T) => T;
}

/** The objects of a channel and key, kept up to date; nothing while the key is empty. */
export function useFeed<T>(channel: string, key: () => string, how: How<T>): Feed<T> {
  const items = shallowRef<readonly T[]>([]);
  const known = shallowRef(false);
  const objects = new Map<string, T>();
  const stream = useStream();
  let waiting = false;
  let end: () => void = () => undefined;

  function show(): void {
    waiting = false;
    items.value = [...objects.values()];
  }

  function later(): void {
    if (waiting) return;
    waiting = true;
    if (document.hidden) setTimeout(show, 1000);
    else requestAnimationFrame(show);
  }

  /** Let the oldest go that need not stay. */
  function forget(): void {
    for (const [id, item] of objects) {
      if (how.stays?.(item)) continue;
      objects.delete(id);
      return;
    }
  }

  function take(item: T): void {
    const id = how.id(item);
    const before = objects.get(id);
    objects.delete(id); // the latest is last
    objects.set(id, how.merge ? how.merge(before, item) : item);
    if (how.most !== undefined && objects.size > how.most) forget();
  }

  watch(
    key,
    (name) => {
      end();
      objects.clear();
      known.value = false;
      show();
      if (name === "") return;
      end = stream.subscribe<T>(channel, name, {
        snapshot: (all) => {
          objects.clear();
          all.forEach(take);
          known.value = true;
          later();
        },
        delta: (item) => {
          take(item);
          later();
        },
      });
    },
    { immediate: true },
  );
  onScopeDispose(() => end());
  return { items, known };
}
