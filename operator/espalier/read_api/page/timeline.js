// The slots over time: who waited, who ran, whose attempt was disturbed, who was pruned.

import { make, table } from "./elements.js";
import { count, span, time } from "./format.js";
import { Picture, axes } from "./picture.js";
import { linear, timeTicks } from "./scales.js";
import { byKeys } from "./selection.js";
import { lookOf, mark } from "./states.js";

const MOST_HEIGHT = 420;

export class Timeline {
  constructor(selection) {
    this.selection = selection;
    this.data = null;
    this.picture = new Picture("Slots over time. Left and right go through the trials.", 120, {
      draw: (...all) => this.draw(...all),
      over: (...all) => this.drawOver(...all),
    });
    this.note = make("p", { class: "quiet" });
    this.asTable = make("details", {}, make("summary", {}, "The timeline as a table"));
    this.element = make("div", {}, this.picture.element, this.note, this.asTable);
    this.picture.onPoint((place) => selection.hover(place && this.at(place)));
    this.picture.onClick((place) => selection.select(this.at(place)));
    byKeys(this.picture.front, selection, () => this.data?.trials ?? []);
    for (const kind of ["select", "hover"]) {
      selection.addEventListener(kind, () => this.picture.repoint());
    }
    this.asTable.addEventListener("toggle", () => this.fillTable());
  }

  show(data) {
    if (data === this.data) return;
    this.data = data;
    const rows = Math.max(1, data.slots);
    this.row = Math.max(3, Math.min(22, (MOST_HEIGHT - 60) / rows));
    this.picture.height = Math.round(rows * this.row + 56);
    this.end = lastMoment(data);
    const left = data.leftOut ? ` The newest ${count(data.trials.length)} of ${count(data.trials.length + data.leftOut)} trials.` : "";
    this.note.textContent = data.trials.length
      ? `One row is a slot. Thin: the trial waits for a place or for its trainer; thick: it runs; ✕ pruned, ■ failed, ▲ an attempt was disturbed, and the next one begins at the line.${left}`
      : "No trial has been made yet.";
    this.fillTable();
    this.picture.redraw();
  }

  fillTable() {
    if (!this.asTable.open || !this.data) return;
    const begin = Date.parse(this.data.begin);
    const rows = this.data.trials.slice(-500).map((each) => [
      String(each.number), String(each.slot), each.state,
      time(new Date(begin + 1000 * each.made).toISOString()),
      each.started === null ? "–" : span(each.started - each.made),
      each.started === null ? "–" : span((each.ended ?? this.end) - each.started),
      each.attempts.map((a) => `${a.attempt}: ${a.disruption ?? (a.suspended ? "suspended" : a.deleted ? "deleted" : "–")}`).join("; "),
      each.reason ?? "",
    ]);
    const [summary] = this.asTable.children;
    const heads = ["trial", "slot", "state", "made", "waited", "ran", "attempts", "ended by"];
    this.asTable.replaceChildren(summary, table("Timeline, the newest 500", heads, rows));
  }

  layOut(width, height) {
    const box = { left: 40, right: width - 12, top: 8, bottom: height - 44 };
    return { box, x: linear(0, this.end || 1, box.left, box.right), y: (slot) => box.top + slot * this.row };
  }

  draw(context, width, height, colour) {
    if (!this.data) return;
    this.layout = this.layOut(width, height);
    const { box, x, y } = this.layout;
    const ticks = timeTicks(this.end, Math.max(2, width / 110));
    axes(context, {
      x, box, y: (slot) => y(slot) + this.row / 2, xTicks: ticks, yTicks: slotTicks(this.data.slots, this.row),
      xWrite: span, yWrite: String, xTitle: this.data.begin ? `after ${time(this.data.begin)}` : "",
    }, colour);
    for (const each of this.data.trials) this.drawTrial(context, each, colour);
  }

  drawTrial(context, trial, colour) {
    const { x, y } = this.layout;
    const look = lookOf(trial.state);
    const top = y(trial.slot);
    const middle = top + this.row / 2;
    const end = trial.ended ?? this.end;
    const start = trial.started ?? end;
    const size = Math.min(4, this.row / 2.5);
    context.strokeStyle = context.fillStyle = colour("--quiet");
    context.fillRect(x(trial.made), middle - 0.75, Math.max(0.5, x(start) - x(trial.made)), 1.5);
    context.fillStyle = colour(look.colour);
    context.globalAlpha = 0.75;
    context.fillRect(x(start), top + this.row * 0.12, Math.max(1, x(end) - x(start)), this.row * 0.76);
    context.globalAlpha = 1;
    this.drawAttempts(context, trial, colour, top);
    context.strokeStyle = context.fillStyle = colour("--text");
    context.lineWidth = 1.4;
    if (look.mark && look.mark !== "dot") mark(context, look.mark, x(end) - size - 1, middle, size);
  }

  drawAttempts(context, trial, colour, top) {
    const { x } = this.layout;
    context.fillStyle = context.strokeStyle = colour("--text");
    context.lineWidth = 1;
    trial.attempts.forEach((each, place) => {
      if (place > 0 && each.first !== null) context.fillRect(x(each.first) - 0.5, top, 1.5, this.row);
      if (!each.disruption && !each.deleted && !each.suspended) return;
      const at = x(each.last ?? trial.ended ?? this.end);
      const size = Math.min(5, this.row / 2);
      context.beginPath();
      context.moveTo(at, top + this.row / 2 - size);
      context.lineTo(at + size, top + this.row / 2 + size);
      context.lineTo(at - size, top + this.row / 2 + size);
      context.fill();
    });
  }

  drawOver(context, width, height, colour) {
    if (!this.layout || !this.data) return;
    for (const chosen of [this.selection.hovered, this.selection.number]) {
      const trial = this.data.trials.find((each) => each.number === chosen);
      if (!trial) continue;
      const { x, y } = this.layout;
      const end = trial.ended ?? this.end;
      context.strokeStyle = colour("--text");
      context.lineWidth = 2;
      context.strokeRect(x(trial.made), y(trial.slot), Math.max(3, x(end) - x(trial.made)), this.row);
    }
  }

  at([px, py]) {
    if (!this.layout || !this.data) return null;
    const slot = Math.floor((py - this.layout.box.top) / this.row);
    const when = this.layout.x.invert(px);
    const slack = Math.abs(this.layout.x.invert(px + 4) - when);
    const near = this.data.trials.filter((each) => each.slot === slot
      && each.made - slack <= when && when <= (each.ended ?? this.end) + slack);
    return near.length ? near.at(-1).number : null;
  }
}

const LONGEST_SILENCE = 3600;

/**
 * Return the newest moment of a timeline, in seconds after its begin: now, if something runs. What
 * was not heard of for longer than all that is known took, and an hour, is drawn as it was last.
 */
function lastMoment(data) {
  const known = data.trials.flatMap((each) => [
    each.made, each.started ?? 0, each.ended ?? 0, ...each.attempts.map((a) => a.last ?? 0),
  ]);
  const last = known.reduce((most, each) => Math.max(most, each), 0);
  const now = (Date.now() - Date.parse(data.begin)) / 1000;
  const runs = data.trials.some((each) => each.ended === null);
  return runs && now > last && now - last < Math.max(LONGEST_SILENCE, last) ? now : last;
}

function slotTicks(slots, row) {
  const step = Math.max(1, Math.ceil(16 / row));
  return Array.from({ length: Math.ceil(slots / step) }, (_, place) => place * step);
}
