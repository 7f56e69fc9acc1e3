/** Risk limits between people's units and the gateway's, as text: no digit is lost to a float. */

import { LIMITS, type Unit } from "@/i18n/limits";

/** Places that the point moves from the gateway's value to people's. */
const PLACES: Partial<Record<Unit, number>> = { share: 2, time: -9 };
const NUMBER = /^(\d{1,40})(?:\.(\d{1,40}))?(?:[eE]([+-]?\d{1,2}))?$/;

export const unitOf = (name: string): Unit => LIMITS[name]?.unit ?? "text";

/** A decimal text with its point moved to the right; null where it is none. */
export function shifted(text: string, places: number): string | null {
  const [, whole, rest = "", power = "0"] = NUMBER.exec(text) ?? [];
  if (whole === undefined) return null;
  const moved = places + Number(power);
  const digits = "0".repeat(Math.max(0, -moved)) + whole + rest + "0".repeat(Math.max(0, moved - rest.length));
  const point = Math.max(0, -moved) + whole.length + moved;
  const front = digits.slice(0, point).replace(/^0+(?=\d)/, "");
  const back = digits.slice(point).replace(/0+$/, "");
  return (front || "0") + (back && `.${back}`);
}

/** A limit's value as people read it, without its unit; null where there is none. */
export function told(name: string, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return shifted(text, PLACES[unitOf(name)] ?? 0) ?? text;
}

/** What the gateway is asked for, of what people have typed; null where that is no such value. */
export function wanted(name: string, typed: string): string | null {
  const unit = unitOf(name);
  if (unit === "yes" || unit === "profile") return typed || null;
  if (/e/i.test(typed)) return null;
  const value = shifted(typed, -(PLACES[unit] ?? 0));
  const whole = unit === "time" || unit === "count"; // of nanoseconds there are no parts
  return value === null || (whole && value.includes(".")) ? null : value;
}
