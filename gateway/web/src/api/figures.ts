/** The figures of a result, however deep: names joined by blanks, values as text. */
export function figures(result: unknown, most = 60): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (value: unknown, name: string): void => {
    if (found.size >= most || value === null || value === undefined) return;
    if (typeof value === "object") {
      if (Array.isArray(value)) return; // rows belong to the report
      for (const [key, each] of Object.entries(value)) walk(each, name ? `${name} ${key}` : key);
      return;
    }
    found.set(name.replaceAll("_", " "), String(value));
  };
  walk(result, "");
  return found;
}
