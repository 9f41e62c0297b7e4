// Where the study stands: its state, what is in the way, trials by state, the best, what it took.

import { facts, make, svg } from "./elements.js";
import { banded, count, number, parameter, percent, time } from "./format.js";
import { STATES, swatch } from "./states.js";

/** Return what is in the way: the conditions that say so, and that a Study is gone. */
export function obstacles(study) {
  const found = [];
  if (study.deleted) {
    found.push(["The Study is deleted", "What is stored of it is shown until its retention time is over."]);
  }
  for (const each of study.conditions ?? []) {
    const bad = each.type === "Degraded" || each.type === "Failed" ? each.status === "True" : each.type === "Accepted" && each.status === "False";
    const failed = each.type === "Succeeded" && each.status === "False" && each.reason !== "Progressing";
    if (bad || (failed && study.state === "Failed")) found.push([each.reason || each.type, each.message]);
  }
  if (study.suspend) found.push(["Suspended", "spec.suspend is true: nothing new starts."]);
  if (study.pruning?.breakerOpen) found.push(["BreakerOpen", "So many trials were pruned in a short time that pruning pauses."]);
  if (study.pruning?.paused) found.push(["PruningPaused", "spec.pruning.paused is true: nothing is pruned."]);
  return found.map(([reason, message]) => make("p", { class: "obstacle" }, make("strong", {}, reason), " ", message ?? ""));
}

/** Return how many trials are in which state, as a bar and in words. */
export function progressBar(study) {
  const counts = Object.keys(STATES).map((state) => [state, study.counts[state.toLowerCase()] ?? 0]);
  const made = counts.reduce((sum, [, each]) => sum + each, 0);
  const most = Math.max(study.trials?.max ?? 0, made, 1);
  let at = 0;
  const parts = counts.map(([state, each]) => {
    const part = svg("rect", { class: `fill ${state}`, x: (100 * at) / most, y: 0, width: (100 * each) / most, height: 10 });
    at += each;
    return part;
  });
  const words = counts.filter(([, each]) => each).map(([state, each]) => `${count(each)} ${STATES[state].word}`);
  const text = made ? `${words.join(", ")}; of ${count(most)} trials` : `no trial yet, of ${count(most)}`;
  return make(
    "div",
    { class: "progress" },
    svg("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", role: "img", "aria-label": text }, svg("rect", { class: "ground", width: 100, height: 10 }), parts),
    make("ul", { class: "legend" }, counts.filter(([, each]) => each).map(([state, each]) => make("li", {}, swatch(state), `${count(each)} ${STATES[state].word}`)), make("li", {}, `of ${count(most)}`)),
  );
}

/** Return the study's facts. */
export function studyFacts(study) {
  const best = study.best;
  const { metric, direction, target } = study.objective;
  return facts([
    ["objective", `${metric}, ${direction}${target === null || target === undefined ? "" : `, target ${number(target)}`}`],
    ["best", best && bestOf(best)],
    ["its parameters", best && Object.entries(best.parameters ?? {}).map(([name, value]) => `${name} ${parameter(value)}`).join(", ")],
    ["sampler, pruner", `${study.sampler}, ${study.pruner}`],
    ["began", study.startTime && time(study.startTime)],
    ["ended", study.completionTime && time(study.completionTime)],
    ["end, estimated", estimateOf(study.estimate)],
    ["warm start", study.warmStart && `${count(study.warmStart.taken)} trials taken over`],
  ]);
}

function bestOf(best) {
  const value = best.value === null || best.value === undefined ? "" : `: ${number(best.value)}`;
  const expected = banded(best.expected, best.expectedLow, best.expectedHigh, number);
  const mean = banded(best.mean, best.meanLow, best.meanHigh, number);
  const sure = best.sure === undefined || best.sure === null ? "" : `, the best with probability ${percent(best.sure)}`;
  return `trial ${best.number}${value}${expected ? `, expected ${expected}` : ""}${mean ? `, mean of repeats ${mean}` : ""}${sure}`;
}

function estimateOf(estimate) {
  if (!estimate || typeof estimate !== "object") return null;
  return plainFacts(estimate);
}

/** Write an object that this version of the page does not know: names and what they are. */
export function plainFacts(given) {
  return Object.entries(given)
    .filter(([, value]) => value !== null && typeof value !== "object")
    .map(([name, value]) => `${name} ${/time|at$/i.test(name) && Date.parse(value) ? time(value) : parameter(value)}`)
    .join(", ");
}
