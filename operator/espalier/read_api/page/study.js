// The page of one study: asks, draws, and draws again when something has changed.

import { ask, studyPath } from "./api.js";
import { Curves, sentenceOf } from "./curves.js";
import { Decisions } from "./decisions.js";
import { Details } from "./details.js";
import { make } from "./elements.js";
import { time } from "./format.js";
import { follow } from "./live.js";
import { Parallel } from "./parallel.js";
import { explained, isPassing } from "./problems.js";
import { Progress } from "./progress.js";
import { importancesOf, reasonsOf, restraintsOf, riskOf, shadowsOf } from "./pruning.js";
import { budgetOf, savingsOf } from "./savings.js";
import { Selection } from "./selection.js";
import { lookOf } from "./states.js";
import { obstacles, progressBar, studyFacts } from "./summary.js";
import { Timeline } from "./timeline.js";
import { Trials } from "./trials.js";
import { yaml } from "./yaml.js";

const [namespace, name] = location.pathname.split("/").filter(Boolean).slice(-2).map(decodeURIComponent);
const path = studyPath(namespace, name);
const place = (id) => document.getElementById(id);
const selection = new Selection();
const parts = {
  curves: new Curves(selection),
  details: new Details(selection, path),
  progress: new Progress(selection),
  timeline: new Timeline(selection),
  parallel: new Parallel(selection),
  trials: new Trials(selection, path),
  decisions: new Decisions(selection, path),
};
const boxes = Object.fromEntries(["state", "savings", "importances", "reasons", "risk", "shadows", "spec"].map((id) => [id, make("div")]));
let shownAt = null;
let turns = null;
let retry = 0;
const RETRY = 5000;

function layOut() {
  const part = (id, title, ...content) => make("section", { id, "aria-labelledby": `${id}-title`, tabindex: "-1" }, make("h2", { id: `${id}-title` }, title), ...content);
  place("study").replaceChildren(
    parts.details.told,
    make("div", { id: "obstacles", "aria-live": "polite" }),
    part("state", "Where it stands", boxes.state),
    part("curves", "Curves, and where they were cut", parts.curves.element, parts.details.element),
    part("best", "Best so far", parts.progress.element),
    part("slots", "Slots over time", parts.timeline.element),
    part("parameters", "Parameters", parts.parallel.element, boxes.importances),
    part("pruning", "Pruning: why, at what risk", boxes.reasons, boxes.risk),
    part("shadow", "Shadows side by side", boxes.shadows),
    part("saved", "What it took, and what was saved", boxes.savings),
    part("trials", "Trials", parts.trials.element),
    part("log", "Log of decisions", parts.decisions.element),
    part("spec", "study.yaml as it runs", boxes.spec),
  );
}

/** Each part asks and draws for itself: one that fails says so in its own place. */
const DRAWN = [
  ["curves", async (study) => {
    const [curves, band, progress] = await Promise.all(["curves", "band", "progress"].map((each) => ask(`${path}/${each}`)));
    parts.curves.stepName = study.resource?.name;
    parts.curves.show(curves, band, study.best?.number ?? progress.completed.at(-1)?.trial ?? null);
    parts.progress.show(progress);
  }],
  ["trials", (study) => parts.trials.refresh(study.parameters)],
  ["slots", async () => parts.timeline.show(await ask(`${path}/timeline`))],
  ["parameters", async () => {
    const [configurations, importances] = await Promise.all([ask(`${path}/configurations`), ask(`${path}/importances`)]);
    parts.parallel.show(configurations);
    boxes.importances.replaceChildren(importancesOf(importances));
  }],
  ["log", (study) => parts.decisions.refresh(study.seq)],
  ["pruning", async () => {
    const why = await ask(`${path}/why`);
    boxes.reasons.replaceChildren(reasonsOf(why.prunings));
    boxes.risk.replaceChildren(riskOf(why), restraintsOf(why));
  }],
  ["saved", async (study) => boxes.savings.replaceChildren(savingsOf(await ask(`${path}/savings`)), budgetOf(study.budget))],
  ["shadow", async () => boxes.shadows.replaceChildren(shadowsOf(await ask(`${path}/shadows`)))],
  ["spec", async () => boxes.spec.replaceChildren(make("pre", { tabindex: "0", "aria-label": "study.yaml" }, yaml(await ask(`${path}/spec`))))],
];

async function refresh() {
  let study;
  try {
    study = await ask(path);
  } catch (problem) {
    showProblem(problem);
    if (isPassing(problem)) {
      clearTimeout(retry);
      const wait = Math.max(RETRY, 1000 * problem.after);
      retry = setTimeout(() => (turns ? turns.due() : begin()), wait);
    }
    return problem;
  }
  place("problem").replaceChildren();
  place("waiting").hidden = true;
  if (place("study").hidden) {
    layOut();
    place("study").hidden = false;
  }
  showStudy(study);
  await Promise.all(DRAWN.map(([id, draw]) => drawn(id, () => draw(study))));
  if (selection.number !== null) await parts.details.refresh();
  shownAt = new Date();
  place("main").setAttribute("aria-busy", "false");
  return null;
}

async function drawn(id, draw) {
  const section = place(id);
  section.querySelector(":scope > .problem")?.remove();
  try {
    await draw();
  } catch (problem) {
    section.append(make("p", { class: "problem" }, `Not shown as it is now: ${problem.message}`));
  }
}

function showStudy(study) {
  document.title = `${study.name} · Espalier`;
  const state = study.deleted ? "Deleted" : study.state;
  place("title").replaceChildren(`${study.namespace}/${study.name}`, state ? make("span", { class: "chip" }, state) : "");
  place("obstacles").replaceChildren(...obstacles(study));
  boxes.state.replaceChildren(progressBar(study), studyFacts(study));
}

function showProblem(problem) {
  place("waiting").hidden = true;
  const hides = problem.status === 401 || problem.status === 403;
  if (hides) place("study").hidden = true;
  const old = shownAt && !hides ? make("p", { class: "quiet" }, `What is below is of ${time(shownAt.toISOString())}.`) : "";
  if (!place("problem").querySelector("form")) place("problem").replaceChildren(explained(problem, begin), old);
}

function sayLive(how) {
  place("live").textContent = { live: "live", polling: "asked every few seconds" }[how];
}

/** Ask until there is an answer; then follow what changes. */
async function begin() {
  clearTimeout(retry);
  place("problem").replaceChildren();
  const problem = await refresh();
  if (problem === null) turns ??= follow(path, refresh, sayLive);
}

selection.addEventListener("hover", () => tell(selection.hovered ?? selection.number));
selection.addEventListener("select", () => tell(selection.number));

function tell(chosen) {
  const { data } = parts.curves;
  const trial = data?.trials.find((each) => each.number === chosen);
  const stay = parts.timeline.data?.trials.find((each) => each.number === chosen);
  const short = stay ? `Trial ${chosen}, ${lookOf(stay.state).word}.` : `Trial ${chosen}.`;
  if (chosen === null) parts.details.say("");
  else parts.details.say(trial ? sentenceOf(trial, data.metric) : short);
}

document.title = `${name} · Espalier`;
place("title").textContent = `${namespace}/${name}`;
begin();
