// Numbers, times and spans as people read them.

const MINUS = "−";

/** Write a number in at most so many significant digits. */
export function number(value, digits = 5) {
  if (value === null || value === undefined) return "–";
  if (!Number.isFinite(value)) return "not finite";
  const size = Math.abs(value);
  const text =
    size !== 0 && (size >= 1e7 || size < 1e-4)
      ? value.toExponential(Math.max(0, digits - 2)).replace(/\.?0+e/, "e")
      : String(Number(value.toPrecision(digits)));
  return text.replace(/^-/, MINUS);
}

export function count(value) {
  return value === null || value === undefined ? "–" : value.toLocaleString("en");
}

export function percent(share, digits = 2) {
  return share === null || share === undefined ? "–" : `${number(100 * share, digits)} %`;
}

/** Write a span of seconds in its largest two units. */
export function span(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 60) return `${number(seconds, 2)} s`;
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const first = units.findIndex(([, size]) => seconds >= size);
  const [unit, size] = units[first];
  const whole = Math.floor(seconds / size);
  const next = units[first + 1];
  const rest = next ? Math.round((seconds - whole * size) / next[1]) : 0;
  return rest && whole < 20 ? `${whole} ${unit} ${rest} ${next[0]}` : `${whole} ${unit}`;
}

/** Write a time as the reader's clock has it; the day too, where asked. */
export function time(text, day = true) {
  if (!text) return "–";
  const options = day ? { dateStyle: "medium", timeStyle: "medium" } : { timeStyle: "medium" };
  return new Date(text).toLocaleString(undefined, options);
}

/** Write a value with its band, where there is one. */
export function banded(value, low, high, write) {
  if (value === null || value === undefined) return null;
  const band = low === null || low === undefined ? "" : ` (${write(low)} to ${write(high)})`;
  return `${write(value)}${band}`;
}

/** Write a parameter's value. */
export function parameter(value) {
  return typeof value === "number" ? number(value, 4) : String(value ?? "–");
}
