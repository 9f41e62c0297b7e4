// Which trial is looked at: by a click, by arrow keys, out of the table; all charts follow it.

/** Tells "select" when another trial is chosen, and "hover" when one is pointed at. */
export class Selection extends EventTarget {
  constructor() {
    super();
    this.number = null;
    this.hovered = null;
  }

  select(number) {
    if (number === this.number) return;
    this.number = number;
    this.dispatchEvent(new Event("select"));
  }

  hover(number) {
    if (number === this.hovered) return;
    this.hovered = number;
    this.dispatchEvent(new Event("hover"));
  }
}

/** Go through trials by arrow keys: left and right by number, up and down by rank. */
export function byKeys(element, selection, trials) {
  element.addEventListener("keydown", (event) => {
    const next = stepped(event.key, selection.number, trials());
    if (event.key === "Escape") selection.select(null);
    else if (next !== null) selection.select(next);
    else return;
    event.preventDefault();
  });
}

function stepped(key, number, trials) {
  if (!trials.length) return null;
  const ranked = trials.filter((each) => each.rank).sort((a, b) => a.rank - b.rank);
  const [order, step] = {
    ArrowRight: [trials, 1],
    ArrowLeft: [trials, -1],
    ArrowUp: [ranked, -1],
    ArrowDown: [ranked, 1],
    Home: [trials, "first"],
    End: [trials, "last"],
  }[key] ?? [[], 0];
  if (!order.length) return null;
  if (step === "first") return order[0].number;
  if (step === "last") return order.at(-1).number;
  const place = order.findIndex((each) => each.number === number);
  if (place < 0) return order[0].number;
  return order[Math.min(order.length - 1, Math.max(0, place + step))].number;
}
