// The curves: each trial's values by step, where it was cut, and the cut-off as a band.

import { make, table } from "./elements.js";
import { count, number } from "./format.js";
import { Picture, axes } from "./picture.js";
import { linear, logarithmic, quantile } from "./scales.js";
import { byKeys } from "./selection.js";
import { STATES, lookOf, mark, swatch } from "./states.js";

const HEIGHT = 380;
const NEAR = 14;

export class Curves {
  constructor(selection) {
    this.selection = selection;
    this.data = null;
    this.band = null;
    this.hidden = new Set();
    this.log = false;
    this.whole = false;
    this.picture = new Picture(
      "Curves of the trials. Left and right go through trials by number, up and down by rank.",
      HEIGHT,
      { draw: (...all) => this.draw(...all), over: (...all) => this.drawOver(...all) },
    );
    this.note = make("p", { class: "quiet" });
    this.beyond = make("p", { class: "quiet", hidden: true }, "Some values lie far beyond what is shown; tick “every value in sight” to see them.");
    this.controls = make("div", { class: "controls", role: "group", "aria-label": "What is shown" });
    this.asTable = make("details", {}, make("summary", {}, "The curves as a table"));
    this.element = make("div", {}, this.controls, this.picture.element, this.beyond, this.note, this.asTable);
    this.picture.onPoint((place) => selection.hover(place && this.nearest(place)));
    this.picture.onClick((place) => selection.select(this.nearest(place)));
    byKeys(this.picture.front, selection, () => this.shown());
    for (const kind of ["select", "hover"]) {
      selection.addEventListener(kind, () => this.picture.repoint());
    }
    this.asTable.addEventListener("toggle", () => this.fillTable());
  }

  /** Show curves and the cut-off; `best` is the number of the best completed trial. */
  show(data, band, best) {
    if (data === this.data && band === this.band && best === this.best) return;
    this.data = data;
    this.best = best;
    this.band = band;
    this.makeControls();
    this.tellNote();
    this.fillTable();
    this.picture.redraw();
  }

  shown() {
    return (this.data?.trials ?? []).filter((each) => !this.hidden.has(each.state));
  }

  makeControls() {
    const states = Object.keys(STATES).filter((s) => this.data.trials.some((t) => t.state === s));
    const toggles = states.map((state) => this.toggle(state));
    const all = this.data.trials.flatMap((each) => each.values).filter((v) => v !== null);
    const positive = all.length && all.every((value) => value > 0);
    this.controls.replaceChildren(
      ...toggles,
      positive ? this.choice("logarithmic", "log") : "",
      this.choice("every value in sight", "whole"),
    );
  }

  toggle(state) {
    const flip = (event) => {
      if (!this.hidden.delete(state)) this.hidden.add(state);
      event.currentTarget.setAttribute("aria-pressed", String(!this.hidden.has(state)));
      this.picture.redraw();
    };
    const number = this.data.trials.filter((each) => each.state === state).length;
    return make(
      "button",
      { type: "button", class: "toggle", "aria-pressed": String(!this.hidden.has(state)), onclick: flip },
      swatch(state),
      `${lookOf(state).word} ${number}`,
    );
  }

  choice(label, name) {
    const flip = (event) => {
      this[name] = event.currentTarget.checked;
      this.picture.redraw();
    };
    const box = make("input", { type: "checkbox", checked: this[name], onchange: flip });
    return make("label", {}, box, ` ${label}`);
  }

  tellNote() {
    const { trials, leftOut } = this.data;
    const parts = [];
    if (leftOut) {
      parts.push(`${count(trials.length)} of ${count(trials.length + leftOut)} trials: the best, and the newest of the others.`);
    }
    if (trials.some((each) => each.number === this.best)) parts.push(`★ trial ${this.best}, the best that has completed.`);
    if (trials.some((each) => each.state === "Pruned")) parts.push("✕ where a trial was pruned.");
    if (this.band?.steps.length) {
      const sample = this.band.trials < this.band.of ? ` of ${count(this.band.trials)} trials` : "";
      parts.push(`The band spans 80 % of the cut-offs by which values were judged${sample}, the line is their middle.`);
    }
    this.note.textContent = parts.join(" ");
  }

  fillTable() {
    if (!this.asTable.open || !this.data) return;
    const rows = this.shown().map((each) => [
      String(each.number), each.state, each.rank === null ? "–" : String(each.rank),
      String(each.steps.at(-1) ?? "–"), number(each.values.at(-1)),
      each.prunedAt === null ? "" : `at step ${each.prunedAt}`,
    ]);
    const band = (this.band?.steps ?? []).map((each) => [
      String(each.step), number(each.low), number(each.middle), number(each.high), String(each.decisions),
    ]);
    const [summary] = this.asTable.children;
    this.asTable.replaceChildren(
      summary,
      table("Curves", ["trial", "state", "rank", "last step", "last value", "pruned"], rows),
      band.length ? table("Cut-offs", ["step", "10 %", "middle", "90 %", "decisions"], band) : "",
    );
  }

  // -- drawing ------------------------------------------------------------------------------

  layOut(width, height) {
    const trials = this.shown();
    const box = { left: 58, right: width - 12, top: 20, bottom: height - 42 };
    const values = trials.flatMap((each) => each.values).filter((value) => value !== null);
    for (const each of this.band?.steps ?? []) values.push(each.low, each.high);
    if (!values.length) return null;
    values.sort((a, b) => a - b);
    let [low, high] = [values[0], values.at(-1)];
    if (!this.whole) [low, high] = withoutFarOnes(values);
    this.beyond.hidden = low === values[0] && high === values.at(-1);
    const last = trials.reduce((most, each) => Math.max(most, each.steps.at(-1) ?? 0), 1);
    const first = trials.reduce((least, each) => Math.min(least, each.steps[0] ?? 0), last);
    const log = this.log && low > 0;
    const pad = log ? 0 : (high - low || Math.abs(high) || 1) * 0.04;
    const y = (log ? logarithmic : linear)(low - pad, high + pad, box.bottom, box.top);
    return { trials, box, x: linear(first, last, box.left, box.right), y };
  }

  draw(context, width, height, colour) {
    this.layout = this.data && this.layOut(width, height);
    if (!this.layout) return nothing(context, width, height, colour);
    const { trials, box, x, y } = this.layout;
    axes(context, {
      x, y, box, xTicks: x.ticks(Math.max(2, width / 90)).filter(Number.isInteger), yTicks: y.ticks(6),
      xWrite: count, yWrite: (value) => number(value, 4), xTitle: this.stepName ?? "step", yTitle: this.data.metric,
    }, colour);
    context.save();
    context.beginPath();
    context.rect(box.left - 6, box.top - 6, box.right - box.left + 12, box.bottom - box.top + 12);
    context.clip();
    this.drawBand(context, colour);
    const many = trials.length > 60;
    for (const each of trials) {
      if (each.number !== this.best) this.drawCurve(context, each, colour, many ? 0.45 : 0.85);
    }
    this.drawCutOff(context, colour);
    const best = trials.find((each) => each.number === this.best);
    if (best) this.drawCurve(context, best, colour, 1, "--best", 2.6, "star");
    context.restore();
    return undefined;
  }

  drawBand(context, colour) {
    const steps = this.band?.steps ?? [];
    const { x, y } = this.layout;
    context.fillStyle = colour("--band");
    context.beginPath();
    for (const each of steps) context.lineTo(x(each.step), y(each.high));
    for (const each of [...steps].reverse()) context.lineTo(x(each.step), y(each.low));
    context.fill();
  }

  /** Draw the edges and the middle of the band: over the curves, so that many do not hide it. */
  drawCutOff(context, colour) {
    const lines = [["low", 1, []], ["high", 1, []], ["middle", 2, [9, 3, 2, 3]]];
    for (const [which, width, dash] of lines) {
      for (const [stroke, wider] of [["--ground", 2], ["--cut", 0]]) {
        context.strokeStyle = colour(stroke);
        context.lineWidth = width + wider;
        context.setLineDash(wider ? [] : dash);
        context.beginPath();
        for (const each of this.band?.steps ?? []) {
          context.lineTo(this.layout.x(each.step), this.layout.y(each[which]));
        }
        context.stroke();
      }
    }
  }

  drawCurve(context, trial, colour, alpha, name, width, end) {
    const look = lookOf(trial.state);
    const { x, y } = this.layout;
    context.globalAlpha = alpha;
    context.strokeStyle = context.fillStyle = colour(name ?? look.colour);
    context.lineWidth = width ?? look.width;
    context.setLineDash(look.dash);
    context.beginPath();
    let last = null;
    trial.values.forEach((value, place) => {
      if (value === null) return;
      last = [x(trial.steps[place]), y(value)];
      context.lineTo(...last);
    });
    context.stroke();
    context.setLineDash([]);
    const alone = trial.steps.length === 1 ? "dot" : null;
    const kind = end ?? look.mark ?? alone;
    if (last && kind) mark(context, kind, ...last, kind === "star" ? 7 : 3);
    context.globalAlpha = 1;
  }

  drawOver(context, width, height, colour) {
    if (!this.layout) return;
    for (const chosen of [this.selection.hovered, this.selection.number]) {
      const trial = this.layout.trials.find((each) => each.number === chosen);
      if (!trial) continue;
      this.drawCurve(context, trial, colour, 1, "--text", 3);
      const place = trial.values.findLastIndex((value) => value !== null);
      if (place < 0) continue;
      const [px, py] = [this.layout.x(trial.steps[place]), this.layout.y(trial.values[place])];
      context.textAlign = px > width - 90 ? "right" : "left";
      context.textBaseline = "bottom";
      context.fillStyle = colour("--text");
      context.fillText(` trial ${trial.number} `, px, Math.max(14, py - 4));
    }
  }

  nearest([px, py]) {
    if (!this.layout) return null;
    const { trials, x, y } = this.layout;
    let [found, least] = [null, NEAR * NEAR];
    for (const each of trials) {
      for (let place = 0; place < each.steps.length; place += 1) {
        if (each.values[place] === null) continue;
        const away = (x(each.steps[place]) - px) ** 2 + (y(each.values[place]) - py) ** 2;
        if (away < least) [found, least] = [each.number, away];
      }
    }
    return found;
  }
}

/**
 * Leave values out of sight where a few lie so far off that all others would be one line: beyond
 * three times the middle half's width, and then only if that shows the rest four times as large.
 */
function withoutFarOnes(sorted) {
  const [least, most] = [sorted[0], sorted.at(-1)];
  const [low, high] = [quantile(sorted, 0.25), quantile(sorted, 0.75)];
  const [from, to] = [Math.max(least, low - 3 * (high - low)), Math.min(most, high + 3 * (high - low))];
  return to > from && most - least > 4 * (to - from) ? [from, to] : [least, most];
}

function nothing(context, width, height, colour) {
  context.fillStyle = colour("--quiet");
  context.textAlign = "center";
  context.fillText("No trial has reported a value yet.", width / 2, height / 2);
}

/** Say in a sentence what a curve shows, for who cannot see it. */
export function sentenceOf(trial, metric) {
  const parts = [`Trial ${trial.number}, ${lookOf(trial.state).word}`];
  if (trial.rank) parts.push(`rank ${trial.rank}`);
  const place = trial.values.findLastIndex((value) => value !== null);
  if (place >= 0) parts.push(`${metric} ${number(trial.values[place])} at step ${trial.steps[place]}`);
  return [`${parts.join(", ")}.`, trial.sentence].filter(Boolean).join(" ");
}

