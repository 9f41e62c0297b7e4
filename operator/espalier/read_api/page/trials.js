// The table of trials: sorted, filtered and paged by the server.

import { ask } from "./api.js";
import { make } from "./elements.js";
import { count, number, parameter, span } from "./format.js";
import { lookOf, swatch } from "./states.js";

const PAGE = 50;
const MOST_PARAMETERS = 8;
const COLUMNS = [["number", "trial"], ["state", "state"], ["value", "rank"], ["", "last value"], ["best", "best"], ["step", "step"], ["", "held"], ["", "why"]];

export class Trials {
  constructor(selection, path) {
    this.selection = selection;
    this.path = path;
    this.query = { sort: "number", order: "descending", state: "", continue: 0, limit: PAGE };
    this.parameters = [];
    this.filter = make("select", { onchange: () => this.filtered() }, ["", "Running", "Pending", "Completed", "Pruned", "Failed"].map((each) => make("option", { value: each }, each || "all states")));
    this.before = make("button", { type: "button", onclick: () => this.turn(-PAGE) }, "← before");
    this.after = make("button", { type: "button", onclick: () => this.turn(PAGE) }, "further →");
    this.where = make("span", { role: "status" });
    this.rows = make("tbody");
    this.head = make("tr");
    const wide = make("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Table of trials" }, make("table", {}, make("thead", {}, this.head), this.rows));
    this.element = make("div", {}, make("div", { class: "controls" }, make("label", {}, "Show ", this.filter), this.before, this.after, this.where), wide);
    selection.addEventListener("select", () => this.markChosen());
  }

  async refresh(parameters) {
    this.parameters = parameters.slice(0, MOST_PARAMETERS);
    const page = await ask(`${this.path}/trials`, this.query);
    if (page === this.page) return;
    this.page = page;
    this.show();
  }

  async again() {
    try {
      await this.refresh(this.parameters);
    } catch (problem) {
      this.where.textContent = problem.message;
    }
  }

  filtered() {
    Object.assign(this.query, { state: this.filter.value, continue: 0 });
    this.again();
  }

  turn(by) {
    this.query.continue = Math.max(0, this.query.continue + by);
    this.again();
  }

  sortBy(sort) {
    const same = this.query.sort === sort;
    const order = same && this.query.order === "ascending" ? "descending" : "ascending";
    Object.assign(this.query, { sort, order, continue: 0 });
    this.again();
  }

  show() {
    const { items, total } = this.page;
    const first = this.query.continue;
    this.where.textContent = total ? ` ${count(first + 1)} to ${count(first + items.length)} of ${count(total)}` : " none";
    this.before.disabled = first === 0;
    this.after.disabled = this.page.continue === null;
    const focused = document.activeElement?.dataset?.sort;
    this.head.replaceChildren(...COLUMNS.map((each) => this.headOf(...each)), ...this.parameters.map((each) => make("th", { scope: "col" }, each)));
    if (focused) this.head.querySelector(`[data-sort="${focused}"]`)?.focus();
    const open = this.rows.contains(document.activeElement) ? document.activeElement.value : null;
    this.rows.replaceChildren(...items.map((each) => this.rowOf(each)));
    if (open !== null) this.rows.querySelector(`button[value="${open}"]`)?.focus();
    this.markChosen();
  }

  headOf(sort, title) {
    if (!sort) return make("th", { scope: "col" }, title);
    const sorted = this.query.sort === sort ? this.query.order : null;
    const arrow = { ascending: " ▲", descending: " ▼" }[sorted] ?? "";
    return make("th", { scope: "col", "aria-sort": sorted }, make("button", { type: "button", "data-sort": sort, onclick: () => this.sortBy(sort) }, `${title}${arrow}`));
  }

  rowOf(trial) {
    const choose = make("button", { type: "button", value: trial.number, onclick: () => this.selection.select(trial.number) }, String(trial.number));
    const cells = [
      choose, make("span", { class: "state" }, swatch(trial.state), lookOf(trial.state).word), trial.rank ?? "–",
      trial.diverged ? "not finite" : number(trial.latest), number(trial.best), trial.step ?? "–",
      trial.gpuSeconds || trial.trialSeconds ? span(trial.gpuSeconds || trial.trialSeconds) : "–",
      trial.pruned?.sentence ?? (trial.state === "Failed" ? [trial.reason, trial.message].filter(Boolean).join(": ") : ""),
      ...this.parameters.map((name) => parameter(trial.parameters?.[name])),
    ];
    const wordy = new Set([1, 7]);
    return make("tr", { "data-number": trial.number }, cells.map((cell, at) => make("td", { class: wordy.has(at) ? (at === 7 ? "why" : null) : "number" }, cell)));
  }

  markChosen() {
    for (const row of this.rows.children) {
      const chosen = Number(row.dataset.number) === this.selection.number;
      if (chosen) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
  }
}
