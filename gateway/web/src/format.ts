/**
 * Numbers and times for people. Money comes as decimal strings and is never made a float here: it
 * is cut and grouped as text.
 */

const PLAIN = /^-?\d+(\.\d+)?$/;

/** A decimal string with its thousands apart and at most `digits` after the point, rounded down. */
export function decimal(value: string | null | undefined, digits = 8, group = ","): string {
  if (value === null || value === undefined || value === "") return "–";
  if (!PLAIN.test(value)) return value;
  const minus = value.startsWith("-") ? "−" : "";
  const [whole = "0", rest = ""] = value.replace("-", "").split(".");
  const shown = rest.slice(0, digits).replace(/0+$/, "");
  return minus + whole.replace(/\B(?=(\d{3})+(?!\d))/g, group) + (shown && `.${shown}`);
}

/** As `decimal`, with exactly so many digits after the point: prices that stand below each other. */
export function aligned(value: string | null | undefined, digits: number): string {
  const cut = decimal(value, digits);
  const [whole = "", rest = ""] = cut.split(".");
  return digits > 0 && cut !== "–" ? `${whole}.${rest.padEnd(digits, "0")}` : whole;
}

/** As `decimal`, with as many digits as money is told in, and its sign. */
export function money(value: string | null | undefined): string {
  if (value === null || value === undefined || !PLAIN.test(value)) return "–";
  const [, rest = ""] = value.split(".");
  const cut = decimal(value, 2);
  const [whole = "0", shown = ""] = cut.split(".");
  const sign = signOf(value) > 0 ? "+" : "";
  return rest || shown ? `${sign}${whole}.${shown.padEnd(2, "0")}` : `${sign}${whole}.00`;
}

/** -1, 0 or 1, of a decimal string; 0 of what is none. */
export function signOf(value: string | null | undefined): -1 | 0 | 1 {
  if (!value || !PLAIN.test(value) || !/[1-9]/.test(value)) return 0;
  return value.startsWith("-") ? -1 : 1;
}

/** The class that colours a gain or a loss. */
export function tone(value: string | null | undefined): "up" | "down" | "" {
  return { "-1": "down", "0": "", "1": "up" }[String(signOf(value))] as "up" | "down" | "";
}

/** The class that colours a verdict. */
export function leaning(verdict: string | undefined): "up" | "down" | "" {
  return verdict === "long" ? "up" : verdict === "short" ? "down" : "";
}

/** Milliseconds since 1970 of an RFC 3339 time with up to nanoseconds, or of ns since 1970. */
export function milliseconds(moment: string | number): number {
  if (typeof moment === "number") return Math.floor(moment / 1e6);
  return Date.parse(moment.replace(/(\.\d{3})\d+/, "$1"));
}

/** A time in UTC: the clock of the day, or with the day. */
export function time(moment: string | number | null | undefined, day = false): string {
  if (!moment) return "–";
  const at = milliseconds(moment);
  if (at === 0) return "–"; // before anything was seen
  if (Number.isNaN(at)) return String(moment);
  const text = new Date(at).toISOString();
  return day ? `${text.slice(0, 10)} ${text.slice(11, 19)}` : text.slice(11, 23);
}

/** A share, 0 to 1, in per cent. */
export function percent(share: number | null | undefined, digits = 0): string {
  return share === null || share === undefined ? "–" : `${(share * 100).toFixed(digits)} %`;
}

/** Market and venue of a key such as `binance:BTC/USDT:USDT`: it parts at the first colon. */
export function parts(key: string): { venue: string; symbol: string } {
  const at = key.indexOf(":");
  return { venue: key.slice(0, at), symbol: key.slice(at + 1) };
}
