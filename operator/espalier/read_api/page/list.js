// The list of studies that one may see.

import { ask } from "./api.js";
import { make } from "./elements.js";
import { count } from "./format.js";
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
  const items = page.items.map((each) => make("li", {}, make("a", { href: `studies/${encodeURIComponent(each.namespace)}/${encodeURIComponent(each.name)}` }, `${each.namespace}/${each.name}`), each.state ? make("span", { class: "quiet" }, ` ${each.state}`) : null));
  const more = page.total > page.items.length ? make("p", { class: "quiet" }, `The first ${count(page.items.length)} of ${count(page.total)}.`) : "";
  return make("div", {}, make("ul", { class: "studies" }, items), more);
}

show();
