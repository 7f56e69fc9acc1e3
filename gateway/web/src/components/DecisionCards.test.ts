import { mount } from "@vue/test-utils";
import { afterEach, expect, it } from "vitest";

import type { Decision } from "@/api/types";
import DecisionCards from "@/components/DecisionCards.vue";
import { i18n, speak } from "@/i18n";

const said = (strategy: string): Decision => ({
  id: strategy, key: "binance:BTC/USDT", symbol: "BTC/USDT", strategy,
  seen_time: "2024-08-08T00:00:01Z", verdict: "hold", reason: null,
  entry: null, stop: null, target: null, confidence: 0, votes: [],
});
const shown = (...strategies: string[]) =>
  mount(DecisionCards, { props: { decisions: strategies.map(said) }, global: { plugins: [i18n] } });

afterEach(() => speak("en"));

it("a market that no strategy trades is told in words, and has no card", () => {
  expect(shown("").text()).toBe("No strategy trades this market.");
  expect(shown().text()).toBe("Nothing here yet");
  speak("zh");
  expect(shown("").text()).toBe("没有策略交易此市场。");
});

it("each card has its strategy as title", () => {
  const titles = shown("swing", "", "main").findAll("h2").map((each) => each.text());
  expect(titles).toEqual(["main", "swing"]);
});
