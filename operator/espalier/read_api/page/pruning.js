// How pruning does: by which reason, at what risk, how often it was wrong, what shadows would do.

import { facts, make, table } from "./elements.js";
import { count, percent, time } from "./format.js";

/** Return prunings by reason, out of the answer to why. */
export function reasonsOf({ byReason }) {
  if (!byReason.length) return make("p", { class: "quiet" }, "Nothing has been pruned.");
  const rows = byReason.map((each) => [
    each.reason, count(each.count), each.pruner, stepsOf(each), each.meaning,
  ]);
  return table("Prunings by reason", ["reason", "trials", "by", "steps", "what it means"], rows);
}

function stepsOf({ firstStep, medianStep, lastStep }) {
  return firstStep === lastStep ? `at ${firstStep}` : `${firstStep} to ${lastStep}, half by ${medianStep}`;
}

const TOLD_BY = {
  Status: "As the Study's status says.",
  Replayed: "The Study's status is not there: worked out again from the log.",
  Nobody: "The Study's status is not there, and its log is too long to work it out again here.",
};

/** Return the risk that is stated and spent, and how often prunings were wrong. */
export function riskOf({ risk, exempt }) {
  const { stated, spent, left, falsePrunes: wrong } = risk;
  const told = stated !== null && stated !== undefined;
  const known = wrong.rate !== null && wrong.rate !== undefined;
  const interval = known ? `${percent(wrong.rate)} (95 % interval: ${percent(wrong.low)} to ${percent(wrong.high)})` : "";
  return make(
    "div", {},
    make("h3", {}, "Risk"),
    told ? spentMeter(spent, stated) : null,
    facts([
      ["risk stated", told ? `${percent(stated)} of losing the best trial` : risk.toldBy === "Nobody" ? null : "none: the pruner states no risk"],
      ["risk spent", told ? percent(spent) : null],
      ["risk left", told ? percent(left) : null],
      ["exempt trials", `${count(exempt.trials.length)}${exempt.wouldPrune ? `; ${count(exempt.wouldPrune)} that completed would have been pruned` : ""}`],
      ["false prunings among them", known ? `${count(wrong.count)} of ${count(wrong.of)}: ${interval}` : "too few have completed to tell"],
    ]),
    make("p", { class: "quiet" }, TOLD_BY[risk.toldBy] ?? ""),
    spendings(risk.prunings),
  );
}

function spentMeter(spent, stated) {
  const label = `risk spent: ${percent(spent)} of ${percent(stated)}`;
  return make("meter", { min: 0, max: stated || 1, value: spent ?? 0, "aria-label": label });
}

function spendings(prunings) {
  if (!prunings.length) return null;
  const dearest = [...prunings].sort((a, b) => b.risk - a.risk).slice(0, 50);
  const rows = dearest.map((each) => [`trial ${each.trial}`, `step ${each.step}`, percent(each.risk), each.reason]);
  return make("details", {}, make("summary", {}, "Where the risk went"), table("The prunings that spent most", ["trial", "at", "risk", "reason"], rows));
}

/** Return when people, or the breaker, held pruning back. */
export function restraintsOf({ changes }) {
  if (!changes.length) return "";
  const items = changes.map((each) => make("li", {}, make("time", { datetime: each.at }, time(each.at)), ` ${each.changed.join(", ")}`));
  return make("details", {}, make("summary", {}, `What held pruning back (${changes.length} changes)`), make("ol", { class: "log" }, items));
}

export function shadowsOf({ acting, shadows, toldBy }) {
  const told = TOLD_BY[toldBy] ?? "";
  if (!shadows.length) return make("p", { class: "quiet" }, `No shadow has judged along. ${toldBy === "Status" ? "" : told}`);
  const first = ["the one that acts", acting.pruner ?? "", count(acting.trials), count(acting.pruned), "", ""];
  const rows = shadows.map((each) => [
    each.name, each.pruner, count(each.judged),
    `${count(each.wouldPrune)}${each.judged ? ` (${percent(each.wouldPrune / each.judged)})` : ""}`,
    `${count(each.wouldSave)} of ${count(each.steps)}`, each.losesBest ? "yes, it would lose it" : "no",
  ]);
  const heads = ["which", "pruner", "trials judged", "pruned, or would prune", "steps it would save besides", "loses the best?"];
  return make("div", {}, table("Shadows beside the pruner that acts", heads, [first, ...rows]), make("p", { class: "quiet" }, told));
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

