// Makes elements. Whatever a study says is put in as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element; `given` are attributes, and handlers where the name begins with "on". */
export function make(name, given = {}, ...children) {
  return fill(document.createElement(name), given, children);
}

export function svg(name, given = {}, ...children) {
  return fill(document.createElementNS(SVG, name), given, children);
}

function fill(element, given, children) {
  for (const [key, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((each) => each !== null && each !== undefined).map(node));
  return element;
}

function node(child) {
  return child instanceof Node ? child : document.createTextNode(String(child));
}

/** Make a table of texts and elements; numbers are set to the right. */
export function table(caption, heads, rows, { quiet = false } = {}) {
  const head = make("tr", {}, heads.map((each) => make("th", { scope: "col" }, each)));
  const body = rows.map((row) => make("tr", {}, row.map((cell, place) => cellOf(cell, place))));
  return make(
    "div",
    { class: "wide", tabindex: "0", role: "region", "aria-label": caption },
    make(
      "table",
      {},
      make("caption", { class: quiet ? "hidden" : null }, caption),
      make("thead", {}, head),
      make("tbody", {}, body),
    ),
  );
}

function cellOf(cell, place) {
  const numeric = typeof cell === "string" && /^[−\d]/.test(cell) && place > 0;
  return make("td", { class: numeric ? "number" : null }, cell ?? "");
}

/** Make a list of names and what they are; what is null is left out. */
export function facts(pairs) {
  const known = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return make(
    "dl",
    { class: "facts" },
    known.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))),
  );
}
