import { defineStore } from "pinia";
import { computed, ref, watch } from "vue";

import { ask } from "@/api/http";
import { useSession } from "@/stores/session";

export interface MarketRow {
  readonly key: string;
  readonly venue: string;
  readonly symbol: string;
}

/** What a person looks at: a market and an account, the same in every view. */
export const useDesk = defineStore("desk", () => {
  const session = useSession();
  const markets = ref<readonly MarketRow[]>([]);
  const accounts = ref<readonly string[]>([]);
  const market = ref(localStorage.getItem("market") ?? "");
  const account = ref(localStorage.getItem("account") ?? "");
  const interval = ref(localStorage.getItem("interval") ?? "1s");

  const symbol = computed(() => market.value.slice(market.value.indexOf(":") + 1));
  const venue = computed(() => market.value.slice(0, market.value.indexOf(":")));

  watch(market, (told) => localStorage.setItem("market", told));
  watch(account, (told) => localStorage.setItem("account", told));
  watch(interval, (told) => localStorage.setItem("interval", told));

  /** Read what markets and accounts there are; choose the first ones where none is chosen. */
  async function load(): Promise<void> {
    const [found, owned] = await Promise.all([
      ask<MarketRow[]>("GET", "/v1/ticks"),
      ask<{ account: string }[]>("GET", "/v1/accounts"),
    ]);
    markets.value = found.sort((a, b) => a.key.localeCompare(b.key));
    accounts.value = owned.map((each) => each.account);
    if (!markets.value.some((each) => each.key === market.value)) {
      market.value = markets.value[0]?.key ?? "";
    }
    if (!accounts.value.includes(account.value)) account.value = accounts.value[0] ?? "";
  }

  watch(() => session.person, (person) => person === null && (markets.value = []));

  return { markets, accounts, market, account, interval, symbol, venue, load };
});
