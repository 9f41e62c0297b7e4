// The list of studies that one may see.

import { ask } from "./api.js";
import { make, table } from "./elements.js";
import { count, number, time } from "./format.js";
import { explained, isPassing } from "./problems.js";

const RETRY = 5000;
const problem = document.getElementById("problem");
const studies = document.getElementById("studies");

let retry = 0;

async function show() {
  clearTimeout(retry);
  try {
    const page = await ask("v1/studies");
    problem.replaceChildren();
    studies.replaceChildren(page.items.length ? listOf(page) : make("p", { class: "quiet" }, "No study is stored that you may list. One that you may get is shown if you know its name: add studies/NAMESPACE/NAME to the address."));
  } catch (found) {
    studies.replaceChildren();
    problem.replaceChildren(explained(found, show));
    if (isPassing(found)) retry = setTimeout(show, RETRY);
  }
}

function listOf(page) {
  const rows = page.items.map((each) => {
    const href = `studies/${encodeURIComponent(each.namespace)}/${encodeURIComponent(each.name)}`;
    const { counts, best } = each;
    const ended = counts ? (counts.completed ?? 0) + (counts.pruned ?? 0) + (counts.failed ?? 0) : null;
    return [
      make("a", { href }, `${each.namespace}/${each.name}`),
      each.deleted ? "Deleted" : each.state ?? "–",
      each.degraded ?? "",
      ended === null ? "–" : `${count(ended)} of ${count(each.trials ?? ended)}`,
      best?.value === undefined || best.value === null ? "–" : number(best.value),
      each.objective ? `${each.objective.metric}, ${each.objective.direction ?? "Minimize"}` : "",
      time(each.createdAt),
    ];
  });
  const more = page.total > page.items.length ? make("p", { class: "quiet" }, `The first ${count(page.items.length)} of ${count(page.total)}.`) : "";
  return make("div", {}, table("Studies", ["study", "state", "in the way", "trials ended", "best", "objective", "since"], rows, { quiet: true }), more);
}

show();
