import { defineStore } from "pinia";
import { computed, ref } from "vue";

import { ask, onEnd, Refusal } from "@/api/http";

/** Who is signed in, as GET /v1/profile tells. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly rights: readonly string[];
  readonly accounts: readonly string[];
  readonly totp: boolean;
}

export interface Credentials {
  readonly name: string;
  readonly password: string;
  readonly code?: string;
}

/** The session of this browser: cookies that this code cannot read, and whose they are. */
export const useSession = defineStore("session", () => {
  const person = ref<Person | null>(null);
  const known = ref(false);
  const expired = ref(false);

  onEnd(() => {
    expired.value = person.value !== null;
    person.value = null;
  });

  /** Ask who it is; nobody where no session is open. */
  async function load(): Promise<void> {
    try {
      person.value = await ask<Person>("GET", "/v1/profile");
      expired.value = false;
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 401) throw error;
      person.value = null;
    } finally {
      known.value = true;
    }
  }

  async function signIn(credentials: Credentials): Promise<void> {
    await ask("POST", "/v1/sessions", { body: { ...credentials, cookie: true } });
    await load();
  }

  async function signOut(everywhere = false): Promise<void> {
    await ask("DELETE", everywhere ? "/v1/sessions" : "/v1/sessions/current");
    person.value = null;
  }

  const may = computed(() => (right: string) => person.value?.rights.includes(right) ?? false);

  return { person, known, expired, may, load, signIn, signOut };
});
