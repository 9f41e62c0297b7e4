// One trial: what it is, why it was cut or kept, and each decision with its numbers.

import { ask } from "./api.js";
import { facts, make, table } from "./elements.js";
import { number, parameter, span, time } from "./format.js";

const MOST_DECISIONS = 1000;

export class Details {
  constructor(selection, path) {
    this.selection = selection;
    this.path = path;
    this.asked = 0;
    this.told = make("p", { class: "told", role: "status", "aria-live": "polite" });
    this.body = make("div", {});
    this.element = make("section", { class: "details", "aria-label": "The trial that is looked at" }, this.body);
    selection.addEventListener("select", () => this.refresh());
  }

  /** Say a sentence about what is pointed at. */
  say(sentence) {
    this.told.textContent = sentence;
  }

  async refresh() {
    const chosen = this.selection.number;
    const turn = (this.asked += 1);
    if (chosen === null) {
      this.body.replaceChildren();
      return;
    }
    const path = `${this.path}/trials/${chosen}`;
    try {
      const [trial, decisions] = await Promise.all([
        ask(path),
        ask(`${path}/decisions`, { limit: MOST_DECISIONS }),
      ]);
      if (turn !== this.asked) return;
      this.show(trial, decisions);
      this.adds(turn, this.why, whyOf, `${path}/why`, { counterfactual: "yes", limit: 1 });
      this.adds(turn, this.output, outputOf, `${path}/output`);
    } catch (problem) {
      if (turn === this.asked) this.body.replaceChildren(make("p", { class: "problem" }, problem.message));
    }
  }

  /** Ask what takes longer, and add it when it comes, if the same trial is still looked at. */
  async adds(turn, place, draw, path, query = {}) {
    try {
      const answer = await ask(path, query);
      if (turn === this.asked) place.replaceChildren(draw(answer));
    } catch (problem) {
      if (turn === this.asked) place.replaceChildren(make("p", { class: "problem" }, problem.message));
    }
  }

  show(trial, decisions) {
    const acting = decisions.items.filter((each) => !each.shadow);
    const shadows = decisions.items.filter((each) => each.shadow);
    const last = acting.at(-1);
    if (trial.number !== this.shown) {
      this.why = make("div", { class: "why" });
      this.output = make("div", {});
      this.shown = trial.number;
    }
    this.body.replaceChildren(
      make("h3", {}, `Trial ${trial.number}`, trial.name ? make("span", { class: "quiet" }, ` ${trial.name}`) : null),
      make("p", { class: "sentence" }, trial.pruned?.sentence ?? last?.sentence ?? endOf(trial)),
      this.why,
      factsOf(trial),
      parametersOf(trial),
      decisionsOf("Decisions of the pruner", acting),
      shadows.length ? decisionsOf("Decisions of the shadows", shadows, true) : "",
      decisions.total > decisions.items.length
        ? make("p", { class: "quiet" }, `The first ${decisions.items.length} of ${decisions.total} decisions.`)
        : "",
      this.output,
    );
  }
}

/** Return what would have had to be different, where it stood, and what shadows would have done. */
function whyOf(why) {
  const { different, placing, counterfactual, note } = why;
  const said = [why.decided?.meaning, different?.sentence, different?.besides, note];
  if (placing?.rank) said.push(`Then it had rank ${placing.rank} of the ${placing.of} trials that had come so far.`);
  if (placing?.behind) said.push(`Of those no better then that went on to their end, the best, trial ${placing.behind.bestTrial}, now has rank ${placing.behind.bestRank} of ${placing.behind.of}.`);
  for (const each of counterfactual ?? []) said.push(`Shadow ${each.sentence}`);
  return make("ul", {}, said.filter(Boolean).map((each) => make("li", {}, each)));
}

/** Return what its trainers have printed last, where that is kept. */
function outputOf({ attempts }) {
  const kept = attempts.filter((each) => each.text);
  if (!kept.length) return "";
  return make("div", {}, kept.map((each) => make(
    "details", {},
    make("summary", {}, `What attempt ${each.attempt} printed last${each.cut ? " (cut)" : ""}`),
    make("pre", { tabindex: "0" }, each.text),
  )));
}

function endOf(trial) {
  if (trial.message) return trial.message;
  return trial.reason ? `It ended: ${trial.reason}.` : "Nothing has been decided on it.";
}

function factsOf(trial) {
  const { kept } = trial;
  const wish = kept?.why || kept?.by ? `: ${[kept.why, kept.by && `by ${kept.by}`].filter(Boolean).join(", ")}` : "";
  const marks = [trial.exempt && "exempt: never pruned", trial.protected && `kept by a person${wish}`];
  return facts([
    ["state", trial.state],
    ["ended by", [trial.reason, trial.message].filter(Boolean).join(": ")],
    ["rank", trial.rank],
    ["last value", trial.diverged ? "not finite" : trial.latest === null ? null : `${number(trial.latest)} at step ${trial.step}`],
    ["best value", trial.best === null ? null : `${number(trial.best)} at step ${trial.bestStep}`],
    ["attempt", trial.attempt || null],
    ["made", trial.createdAt && time(trial.createdAt)],
    ["began", trial.startedAt && time(trial.startedAt)],
    ["ended", trial.endedAt && time(trial.endedAt)],
    ["accelerators held", trial.gpuSeconds ? span(trial.gpuSeconds) : null],
    ["nodes held", trial.trialSeconds ? span(trial.trialSeconds) : null],
    ["parameters by", [trial.origin, trial.proposedBy].filter(Boolean).join(", ")],
    ["marks", marks.filter(Boolean).join(", ")],
  ]);
}

function parametersOf(trial) {
  const entries = Object.entries(trial.parameters ?? {});
  return entries.length ? facts(entries.map(([name, value]) => [name, parameter(value)])) : "";
}

function decisionsOf(title, decisions, shadows = false) {
  if (!decisions.length) return make("p", { class: "quiet" }, `${title}: none.`);
  const rows = [...decisions].reverse().map((each) => [
    String(each.step),
    ...(shadows ? [each.shadow] : []),
    each.action === "Prune" ? "✕ prune" : "keep",
    each.sentence,
    numbersOf(each.evidence),
  ]);
  const heads = ["step", ...(shadows ? ["shadow"] : []), "what", "why", "numbers"];
  return make("details", { open: !shadows }, make("summary", {}, `${title} (${decisions.length})`), table(title, heads, rows, { quiet: true }));
}

export function numbersOf(evidence) {
  const write = (value) => (typeof value === "number" ? number(value) : String(value));
  return Object.entries(evidence ?? {}).map(([name, value]) => `${name} ${write(value)}`).join(", ");
}
