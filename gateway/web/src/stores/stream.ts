import { defineStore } from "pinia";
import { ref } from "vue";

import { type Listener, type State, Stream, type Wire } from "@/api/stream";
import { useSession } from "@/stores/session";

/** The one stream of this page. */
export const useStream = defineStore("stream", () => {
  const state = ref<State>("connecting");
  const broker = ref(true);
  const session = useSession();

  const stream = new Stream(
    () => new WebSocket(`${location.origin.replace(/^http/, "ws")}/v1/stream`) as unknown as Wire,
    (told) => (state.value = told),
    (answers) => (broker.value = answers),
    () => void session.load().catch(() => undefined),
  );

  function subscribe<T>(channel: string, key: string, listener: Listener<T>): () => void {
    return stream.subscribe(channel, key, listener);
  }

  return { state, broker, subscribe, open: () => stream.open(), close: () => stream.close() };
});
