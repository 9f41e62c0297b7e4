// From numbers to places in a picture, and the ticks between.

/** Return a function from [low, high] to [from, to], with `invert` for the way back. */
export function linear(low, high, from, to) {
  const width = high - low || 1;
  const scale = (value) => from + ((value - low) / width) * (to - from);
  scale.invert = (place) => low + ((place - from) / (to - from || 1)) * width;
  scale.ticks = (most) => linearTicks(low, high, most);
  return scale;
}

export function logarithmic(low, high, from, to) {
  const inner = linear(Math.log10(low), Math.log10(high), from, to);
  const scale = (value) => inner(Math.log10(value));
  scale.invert = (place) => 10 ** inner.invert(place);
  scale.ticks = (most) => logarithmicTicks(low, high, most);
  return scale;
}

function linearTicks(low, high, most) {
  if (!(high > low)) return [low];
  const raw = (high - low) / Math.max(1, most);
  const size = 10 ** Math.floor(Math.log10(raw));
  const step = size * ([1, 2, 5, 10].find((each) => each * size >= raw) ?? 10);
  const ticks = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + 1e-9 * step; at += 1) {
    ticks.push(Number((at * step).toPrecision(12)));
  }
  return ticks;
}

function logarithmicTicks(low, high, most) {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  if (last - first < 1) return linearTicks(low, high, most);
  const step = Math.max(1, Math.ceil((last - first) / Math.max(1, most)));
  const ticks = [];
  for (let power = first; power <= last; power += step) ticks.push(10 ** power);
  return ticks;
}

const SPANS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];

/** Return ticks of seconds at spans that people count in. */
export function timeTicks(until, most) {
  const raw = until / Math.max(1, most);
  const step = SPANS.find((each) => each >= raw) ?? 86400 * Math.ceil(raw / 86400);
  return Array.from({ length: Math.floor(until / step) + 1 }, (_, place) => place * step);
}

/** Return the value that this share of the sorted numbers lies below. */
export function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(share * (sorted.length - 1))))];
}
