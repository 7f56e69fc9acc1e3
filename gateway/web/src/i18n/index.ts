import { createI18n } from "vue-i18n";

import en from "@/i18n/en";
import zh from "@/i18n/zh";

export type Language = "en" | "zh";

/** The language that was chosen, else the browser's where it is there. */
function preferred(): Language {
  const told = localStorage.getItem("language") ?? navigator.language;
  return told.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export const i18n = createI18n({
  legacy: false,
  locale: preferred(),
  fallbackLocale: "en",
  messages: { en, zh },
});

/** Speak another language from now on, and after the next visit. */
export function speak(language: Language): void {
  i18n.global.locale.value = language;
  localStorage.setItem("language", language);
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
}

speak(i18n.global.locale.value as Language);
