// Parameters as parallel coordinates: one line a trial through its values, to what it came to.

import { make } from "./elements.js";
import { count, number } from "./format.js";
import { Picture } from "./picture.js";
import { linear, logarithmic } from "./scales.js";
import { byKeys } from "./selection.js";

const BEST_SHARE = 0.1;

export class Parallel {
  constructor(selection) {
    this.selection = selection;
    this.data = null;
    this.picture = new Picture(
      "Parallel coordinates. Left and right go through trials by number, up and down by rank; the table of trials has the values.",
      320,
      { draw: (...all) => this.draw(...all), over: (...all) => this.drawOver(...all) },
    );
    this.note = make("p", { class: "quiet" });
    this.element = make("div", {}, make("div", { class: "wide" }, this.picture.element), this.note);
    this.picture.onPoint((place) => selection.hover(place && this.nearest(place)));
    this.picture.onClick((place) => selection.select(this.nearest(place)));
    byKeys(this.picture.front, selection, () => this.trials ?? []);
    for (const kind of ["select", "hover"]) {
      selection.addEventListener(kind, () => this.picture.repoint());
    }
  }

  show(data) {
    if (data === this.data) return;
    this.data = data;
    this.trials = data.trials;
    this.picture.element.classList.toggle("many-axes", data.parameters.length > 4);
    const left = data.leftOut ? ` ${count(data.trials.length)} of ${count(data.trials.length + data.leftOut)} trials: the best, and others at equal distances.` : "";
    this.note.textContent = data.trials.length
      ? `Thick: the best tenth of them by rank. A line is broken where a trial has no such parameter.${left}`
      : "No trial has been made yet.";
    this.picture.redraw();
  }

  layOut(width, height) {
    const box = { left: 36, right: width - 36, top: 34, bottom: height - 22 };
    const axes = [...this.data.parameters, { name: this.data.metric, values: null, scale: "Linear" }];
    const values = axes.map((_, at) => this.data.trials.map((each) => this.valueOf(each, at)));
    return {
      box,
      x: linear(0, Math.max(1, axes.length - 1), box.left, box.right),
      axes: axes.map((axis, at) => ({ ...axis, ...scaleOf(axis, values[at], box) })),
    };
  }

  valueOf(trial, at) {
    return at < this.data.parameters.length ? trial.values[at] : trial.value;
  }

  draw(context, width, height, colour) {
    this.layout = null;
    if (!this.data?.trials.length) return;
    this.layout = this.layOut(width, height);
    const ranks = this.data.trials.map((each) => each.rank).filter(Boolean).sort((a, b) => a - b);
    const cut = ranks.length ? ranks[Math.floor((ranks.length - 1) * BEST_SHARE)] : 0;
    const order = [...this.data.trials].sort((a, b) => (b.rank ?? Infinity) - (a.rank ?? Infinity));
    for (const each of order) {
      const best = each.rank && each.rank <= cut;
      context.globalAlpha = best ? Math.max(0.4, 1 - ranks.length / 500) : 0.3;
      this.drawLine(context, each, colour(best ? "--best" : "--quiet"), best ? 2.2 : 1);
    }
    context.globalAlpha = 1;
    this.layout.axes.forEach((axis, at) => this.drawAxis(context, axis, this.layout.x(at), colour));
  }

  drawAxis(context, axis, x, colour) {
    const { box } = this.layout;
    context.strokeStyle = colour("--line-strong");
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x, box.top);
    context.lineTo(x, box.bottom);
    context.stroke();
    context.fillStyle = colour("--text");
    context.textAlign = x === box.left ? "left" : x === box.right ? "right" : "center";
    context.textBaseline = "bottom";
    context.font = "600 12px system-ui, sans-serif";
    context.fillText(short(axis.name, 16), edge(x, box), box.top - 12);
    context.textAlign = "center";
    context.font = "11px system-ui, sans-serif";
    context.textBaseline = "middle";
    for (const [label, y] of axis.labels) {
      const width = context.measureText(label).width;
      context.fillStyle = colour("--ground");
      context.globalAlpha = 0.75;
      context.fillRect(x - width / 2 - 2, y - 7, width + 4, 14);
      context.globalAlpha = 1;
      context.fillStyle = colour("--text");
      context.fillText(label, x, y);
    }
  }

  drawLine(context, trial, stroke, width) {
    context.strokeStyle = stroke;
    context.lineWidth = width;
    context.beginPath();
    let drawing = false;
    this.layout.axes.forEach((axis, at) => {
      const y = axis.place(this.valueOf(trial, at));
      if (y === null) drawing = false;
      else if (drawing) context.lineTo(this.layout.x(at), y);
      else {
        context.moveTo(this.layout.x(at), y);
        drawing = true;
      }
    });
    context.stroke();
  }

  drawOver(context, width, height, colour) {
    if (!this.layout) return;
    for (const chosen of [this.selection.hovered, this.selection.number]) {
      const trial = this.data.trials.find((each) => each.number === chosen);
      if (trial) this.drawLine(context, trial, colour("--text"), 3);
    }
  }

  nearest([px, py]) {
    if (!this.layout) return null;
    const { axes, x } = this.layout;
    const at = Math.max(0, Math.min(axes.length - 2, Math.floor(x.invert(px))));
    const share = (px - x(at)) / (x(at + 1) - x(at));
    let [found, least] = [null, 10];
    for (const each of this.data.trials) {
      const from = axes[at].place(this.valueOf(each, at));
      const to = axes[at + 1].place(this.valueOf(each, at + 1));
      if (from === null || to === null) continue;
      const away = Math.abs(from + share * (to - from) - py);
      if (away < least) [found, least] = [each.number, away];
    }
    return found;
  }
}

/** Move a title of the outer axes into the picture's edge, where there is room for more of it. */
function edge(x, box) {
  if (x === box.left) return 2;
  return x === box.right ? box.right + 34 : x;
}

/** Return how an axis places values, and what is written along it. */
function scaleOf(axis, values, box) {
  if (axis.values) {
    const known = axis.values.map(String);
    const inner = linear(-0.5, known.length - 0.5, box.bottom, box.top);
    const place = (value) => (known.includes(String(value)) ? inner(known.indexOf(String(value))) : null);
    return { place, labels: known.map((each, at) => [short(each, 14), inner(at)]) };
  }
  const numbers = values.filter((value) => typeof value === "number");
  for (const bound of [axis.min, axis.max]) if (typeof bound === "number") numbers.push(bound);
  const low = numbers.length ? numbers.reduce((a, b) => Math.min(a, b)) : 0;
  const high = numbers.length ? numbers.reduce((a, b) => Math.max(a, b)) : 1;
  const log = axis.scale === "Log" && low > 0;
  const inner = (log ? logarithmic : linear)(low, high, box.bottom, box.top);
  const place = (value) => (typeof value === "number" ? inner(value) : null);
  return { place, labels: inner.ticks(5).map((tick) => [number(tick, 4), inner(tick)]) };
}

function short(text, most) {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
