import {
  type ChartOptions, createChart, type DeepPartial, type IChartApi,
} from "lightweight-charts";
import { onBeforeUnmount, onMounted, useTemplateRef, watch } from "vue";

import { useLook } from "@/stores/look";

/** The value of a colour of the page's theme, such as --down. */
export const ink = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export interface Drawing {
  /** Make the series; called once, when the chart is there. */
  readonly draw: (chart: IChartApi) => void;
  /** Colour the series: called first, and when the theme changes. */
  readonly dress: () => void;
}

/** A chart in the element of the ref "place", in the colours of the page; gone with the component. */
export function useChart(drawing: Drawing, options: DeepPartial<ChartOptions> = {}): void {
  const place = useTemplateRef<HTMLElement>("place");
  const look = useLook();
  let chart: IChartApi | null = null;

  /** Not of one that is gone: a theme may change in the frame in which its view is left. */
  function dress(): void {
    if (chart === null) return;
    chart.applyOptions({
      layout: { background: { color: ink("--panel") }, textColor: ink("--quiet") },
      grid: { vertLines: { color: ink("--raised") }, horzLines: { color: ink("--raised") } },
    });
    drawing.dress();
  }

  onMounted(() => {
    if (place.value === null) return;
    chart = createChart(place.value, {
      autoSize: true,
      rightPriceScale: { borderVisible: false },
      ...options,
      timeScale: { timeVisible: true, borderVisible: false, ...options.timeScale },
      layout: { attributionLogo: false, fontFamily: ink("--font") },
    });
    drawing.draw(chart);
    dress();
  });
  watch(() => look.theme, () => requestAnimationFrame(dress));
  onBeforeUnmount(() => {
    chart?.remove();
    chart = null;
  });
}
