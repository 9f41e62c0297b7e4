// The log of prunings, the newest first, a page at a time.

import { ask } from "./api.js";
import { make } from "./elements.js";
import { count, time } from "./format.js";
import { numbersOf } from "./details.js";

const PAGE = 20;

export class Decisions {
  constructor(selection, path) {
    this.selection = selection;
    this.path = path;
    this.limit = PAGE;
    this.list = make("ol", { class: "log" });
    this.more = make("button", { type: "button", onclick: () => this.further() }, "older ones");
    this.element = make("div", {}, this.list, this.more);
  }

  async refresh() {
    this.show(await ask(`${this.path}/prunings`, { limit: this.limit }));
  }

  async further() {
    this.limit += 5 * PAGE;
    try {
      await this.refresh();
    } catch (problem) {
      this.list.append(make("li", { class: "problem" }, problem.message));
    }
  }

  show(page) {
    if (page === this.page) return;
    this.page = page;
    const items = page.items.map((each) => this.itemOf(each));
    this.list.replaceChildren(...(items.length ? items : [make("li", { class: "quiet" }, "Nothing has been pruned.")]));
    this.more.hidden = page.continue === null;
    this.more.textContent = `older ones (${count(page.total - page.items.length)})`;
  }

  itemOf(decision) {
    return make("li", {},
      make("time", { datetime: decision.at }, time(decision.at)), " ",
      make("button", { type: "button", onclick: () => this.selection.select(decision.trial) }, `trial ${decision.trial}`), " ",
      decision.sentence, " ",
      make("span", { class: "quiet" }, `${decision.reason}, by ${decision.pruner}: ${numbersOf(decision.evidence)}`));
  }
}
