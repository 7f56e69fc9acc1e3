import { defineStore } from "pinia";
import { ref, watchEffect } from "vue";

export type Theme = "light" | "dark";

/** How the page looks: chosen, else as the system says. */
export const useLook = defineStore("look", () => {
  const chosen = localStorage.getItem("theme");
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const theme = ref<Theme>(chosen === "light" || chosen === "dark" ? chosen : system);

  watchEffect(() => (document.documentElement.dataset["theme"] = theme.value));

  function turn(): void {
    theme.value = theme.value === "dark" ? "light" : "dark";
    localStorage.setItem("theme", theme.value);
  }

  return { theme, turn };
});
