// The best so far over time, as a staircase.

import { make, table } from "./elements.js";
import { number, span, time } from "./format.js";
import { Picture, axes } from "./picture.js";
import { linear, timeTicks } from "./scales.js";
import { mark } from "./states.js";

export class Progress {
  constructor(selection) {
    this.data = null;
    this.picture = new Picture("Best so far over time; the table below has the numbers.", 220, {
      draw: (...all) => this.draw(...all),
      focusable: false,
    });
    this.note = make("p", { class: "quiet" });
    this.asTable = make("details", {}, make("summary", {}, "The improvements as a table"));
    this.element = make("div", {}, this.picture.element, this.note, this.asTable);
    this.picture.onClick((place) => selection.select(this.nearest(place)));
  }

  show(data) {
    if (data === this.data) return;
    this.data = data;
    this.note.textContent = data.reported.length
      ? "Solid, with a dot for each step up: the best last value of a completed trial. Dashed: the best value that any trial has reported at any step, part of which is luck."
      : "No trial has reported a value yet.";
    const rows = data.completed.map((each) => [time(each.at), number(each.value), `trial ${each.trial}`]);
    const [summary] = this.asTable.children;
    this.asTable.replaceChildren(summary, table("Improvements of the best completed trial", ["when", data.metric, "by"], rows));
    this.picture.redraw();
  }

  draw(context, width, height, colour) {
    const all = this.data ? [...this.data.reported, ...this.data.completed] : [];
    if (!all.length) return;
    const box = { left: 58, right: width - 12, top: 20, bottom: height - 42 };
    const moments = all.map((each) => Date.parse(each.at) / 1000);
    const [first, last] = [Math.min(...moments), Math.max(...moments)];
    const values = all.map((each) => each.value);
    if (this.data.target !== null && this.data.target !== undefined) values.push(this.data.target);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const pad = (high - low || Math.abs(high) || 1) * 0.06;
    const x = linear(0, last - first || 1, box.left, box.right - 4);
    const y = linear(low - pad, high + pad, box.bottom, box.top);
    this.layout = { x, y, first };
    axes(context, {
      x, y, box, xTicks: timeTicks(last - first, Math.max(2, width / 110)), yTicks: y.ticks(4), xWrite: span,
      yWrite: (value) => number(value, 4), xTitle: `after ${time(all[0].at)}`, yTitle: this.data.metric,
    }, colour);
    if (this.data.target !== null && this.data.target !== undefined) this.drawTarget(context, box, y, colour);
    this.stairs(context, this.data.reported, colour("--quiet"), [4, 4], 1.5, box.right - 4);
    this.stairs(context, this.data.completed, colour("--best"), [], 2.5, box.right - 4);
    context.fillStyle = colour("--best");
    for (const each of this.data.completed) mark(context, "dot", ...this.placeOf(each), 4);
  }

  drawTarget(context, box, y, colour) {
    context.strokeStyle = context.fillStyle = colour("--completed");
    context.setLineDash([2, 4]);
    context.beginPath();
    context.moveTo(box.left, y(this.data.target));
    context.lineTo(box.right, y(this.data.target));
    context.stroke();
    context.textAlign = "left";
    context.textBaseline = "bottom";
    context.fillText("target", box.left + 4, y(this.data.target) - 2);
  }

  placeOf(point) {
    const { x, y, first } = this.layout;
    return [x(Date.parse(point.at) / 1000 - first), y(point.value)];
  }

  stairs(context, points, stroke, dash, width, right) {
    if (!points.length) return;
    context.strokeStyle = stroke;
    context.setLineDash(dash);
    context.lineWidth = width;
    context.beginPath();
    let [, before] = this.placeOf(points[0]);
    for (const point of points) {
      const [px, py] = this.placeOf(point);
      context.lineTo(px, before);
      context.lineTo(px, py);
      before = py;
    }
    context.lineTo(right, before);
    context.stroke();
    context.setLineDash([]);
  }

  nearest([px, py]) {
    if (!this.layout) return null;
    const away = (point) => Math.hypot(this.placeOf(point)[0] - px, this.placeOf(point)[1] - py);
    const sorted = [...this.data.completed, ...this.data.reported].sort((a, b) => away(a) - away(b));
    return sorted.length && away(sorted[0]) < 20 ? sorted[0].trial : null;
  }
}
