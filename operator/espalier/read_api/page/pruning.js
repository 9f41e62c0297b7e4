// How pruning does: by which reason, at what risk, how often it was wrong, what shadows would do.

import { facts, make, table } from "./elements.js";
import { count, percent } from "./format.js";

export function reasonsOf(prunings) {
  if (!prunings.reasons.length) return make("p", { class: "quiet" }, "Nothing has been pruned.");
  const rows = prunings.reasons.map((each) => [
    each.reason, count(each.count), each.pruner, stepsOf(each), each.meaning,
  ]);
  return table("Prunings by reason", ["reason", "trials", "pruner", "steps", "what it means"], rows);
}

function stepsOf({ firstStep, middleStep, lastStep }) {
  return firstStep === lastStep ? `at ${firstStep}` : `${firstStep} to ${lastStep}, half by ${middleStep}`;
}

export function riskOf(pruning) {
  if (!pruning) return make("p", { class: "quiet" }, "Risk and false prunings are told by the Study's status, which is not there.");
  const known = pruning.falsePruneRate !== undefined && pruning.falsePruneRate !== null;
  const interval = known ? ` (95 % interval: ${percent(pruning.falsePruneLow)} to ${percent(pruning.falsePruneHigh)})` : "";
  const stated = pruning.riskStated !== undefined && pruning.riskStated !== null;
  return make("div", {}, stated ? spent(pruning) : "", facts([
    ["values judged", count(pruning.judged)],
    ["risk stated", stated ? `${percent(pruning.riskStated)} of losing the best trial` : "none: the pruner states no risk"],
    ["risk spent", stated ? percent(pruning.riskSpent) : null],
    ["risk left", stated ? percent(pruning.riskLeft) : null],
    ["exempt trials", `${count(pruning.exempt ?? 0)}, of which the pruner would have pruned ${count(pruning.exemptWouldPrune ?? 0)} that completed`],
    ["false prunings among them", known ? `${count(pruning.falsePrunes)}: ${percent(pruning.falsePruneRate)}${interval}` : `${count(pruning.falsePrunes ?? 0)}; too few have completed to tell a share`],
  ]));
}

function spent({ riskSpent, riskStated }) {
  return make("meter", {
    min: 0, max: riskStated || 1, value: riskSpent ?? 0, "aria-label": `risk spent: ${percent(riskSpent)} of ${percent(riskStated)}`,
  });
}

export function shadowsOf(pruning) {
  const shadows = pruning?.shadows ?? [];
  if (!shadows.length) return make("p", { class: "quiet" }, "No shadow judges along: spec.pruning.shadows names none, or the Study's status is not there.");
  const rows = shadows.map((each) => [
    each.name, each.pruner, count(each.judged),
    `${count(each.wouldPrune)}${each.judged ? ` (${percent(each.wouldPrune / each.judged)})` : ""}`,
    `${count(each.wouldSave)} of ${count(each.steps)}`, each.losesBest ? "yes, it would lose it" : "no",
  ]);
  return table("Shadows beside the pruner that acts", ["shadow", "pruner", "trials judged", "would prune", "steps it would save besides", "loses the best?"], rows);
}

export function importancesOf(found) {
  if (found.trials < found.needed) {
    return make("p", { class: "quiet" }, `Too few trials to tell which parameter matters: ${found.trials} have ended with a value, ${found.needed} are needed.`);
  }
  const rows = found.parameters.map((each) => [
    each.name, bar(each), each.share === null ? "all have the same value" : percent(each.share),
    each.chance === null ? "–" : each.chance < 0.001 ? "less than 0.1 %" : percent(each.chance),
    each.share === null ? "" : each.sure ? "yes" : "not told from chance",
  ]);
  return make("div", {}, table("Importances", ["parameter", "", "share", "chance", "told?"], rows),
    make("p", { class: "quiet" }, `Share of the order of ${count(found.trials)} trials that each parameter alone accounts for (${found.measure}). Chance: how likely a parameter without effect would show as much. What works only together with another one is not seen.`));
}

function bar({ share }) {
  return make("meter", { min: 0, max: 1, value: share ?? 0, "aria-hidden": "true" });
}

