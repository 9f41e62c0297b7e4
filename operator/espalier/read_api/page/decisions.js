// The log of decisions, the newest first: the prunings, or every judgement there was.

import { ask } from "./api.js";
import { numbersOf } from "./details.js";
import { make } from "./elements.js";
import { count, time } from "./format.js";

const PAGE = 20;
const MORE = 100;
const ARRIVALS = 100;

export class Decisions {
  constructor(selection, path) {
    this.selection = selection;
    this.path = path;
    this.back = PAGE;
    this.seq = 0;
    this.all = make("input", { type: "checkbox", onchange: () => this.restart() });
    this.list = make("ol", { class: "log", tabindex: "0", "aria-label": "Decisions, the newest first" });
    this.more = make("button", { type: "button", onclick: () => this.further() }, "older ones");
    this.note = make("p", { class: "quiet", role: "status" });
    const choice = make("label", {}, this.all, " also what was kept, and what shadows said");
    this.element = make("div", {}, make("div", { class: "controls" }, choice), this.list, this.more, this.note);
  }

  /** Ask again; `seq` is the newest place in the study's log. */
  async refresh(seq) {
    this.seq = seq;
    const found = await (this.all.checked ? this.everything() : this.prunings());
    this.show(found);
  }

  restart() {
    this.back = this.all.checked ? ARRIVALS : PAGE;
    this.again();
  }

  further() {
    this.back += MORE;
    this.again();
  }

  async again() {
    try {
      await this.refresh(this.seq);
    } catch (problem) {
      this.note.textContent = problem.message;
    }
  }

  /** The server counts from the oldest: the newest lie at the end. */
  async prunings() {
    const { total } = await ask(`${this.path}/decisions`, { limit: 1 });
    const from = Math.max(0, total - this.back);
    const page = await ask(`${this.path}/decisions`, { continue: from, limit: this.back });
    return { items: page.items, left: from, note: `${count(page.items.length)} of ${count(total)} prunings.` };
  }

  async everything() {
    const after = Math.max(0, this.seq - this.back);
    const page = await ask(`${this.path}/decisions`, { action: "Any", after, limit: this.back });
    const note = `Decisions on the newest ${count(Math.min(this.back, this.seq))} of ${count(this.seq)} arrivals.`;
    return { items: page.items, left: after, note };
  }

  show({ items, left, note }) {
    this.more.hidden = left === 0;
    this.note.textContent = items.length || left ? note : "Nothing has been decided yet.";
    if (this.items === items) return;
    this.items = items;
    this.list.replaceChildren(...[...items].reverse().map((each) => this.itemOf(each)));
  }

  itemOf(decision) {
    const choose = () => this.selection.select(decision.trial);
    return make(
      "li", {},
      make("time", { datetime: decision.at }, time(decision.at)), " ",
      make("button", { type: "button", onclick: choose }, `trial ${decision.trial}`), " ",
      decision.shadow ? make("em", {}, `shadow ${decision.shadow}: `) : null,
      decision.sentence, " ",
      make("span", { class: "quiet" }, `${decision.reason}, by ${decision.pruner}: ${numbersOf(decision.evidence)}`),
    );
  }
}
