// A canvas in two layers that fits its place: what is drawn once, and what follows the pointer.

import { make } from "./elements.js";

/** A picture of a given height; `draw` and `point` are called with a context and the size. */
export class Picture {
  constructor(label, height, { draw, over = () => {}, focusable = true }) {
    this.height = height;
    this.drawing = draw;
    this.over = over;
    this.back = make("canvas", { "aria-hidden": "true" });
    this.front = make("canvas", {
      class: "front",
      role: focusable ? "application" : "img",
      "aria-label": label,
      tabindex: focusable ? "0" : null,
    });
    this.element = make("div", { class: "picture" }, this.back, this.front);
    this.waits = new Set();
    new ResizeObserver(() => this.redraw()).observe(this.element);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
    this.front.addEventListener("focus", () => this.repoint());
  }

  redraw() {
    this.later("back");
    this.later("front");
  }

  repoint() {
    this.later("front");
  }

  later(layer) {
    if (!this.waits.size) requestAnimationFrame(() => this.paint());
    this.waits.add(layer);
  }

  paint() {
    const layers = [...this.waits];
    this.waits.clear();
    const width = this.element.clientWidth;
    if (!width) return;
    for (const layer of layers) {
      const context = this.context(this[layer], width);
      (layer === "back" ? this.drawing : this.over)(context, width, this.height, colours());
    }
  }

  context(canvas, width) {
    const ratio = window.devicePixelRatio || 1;
    const [wide, high] = [Math.round(width * ratio), Math.round(this.height * ratio)];
    if (canvas.width !== wide || canvas.height !== high) {
      canvas.width = wide;
      canvas.height = high;
      canvas.style.height = `${this.height}px`;
      this.element.style.height = `${this.height}px`;
    }
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, this.height);
    context.font = "12px system-ui, sans-serif";
    return context;
  }

  /** Call with the pointer's place while it moves over the picture, with null when it leaves. */
  onPoint(handler) {
    let place = null;
    let asked = false;
    const later = (event) => {
      place = event.type === "pointerleave" ? null : [event.offsetX, event.offsetY];
      if (!asked) requestAnimationFrame(() => ((asked = false), handler(place)));
      asked = true;
    };
    this.front.addEventListener("pointermove", later);
    this.front.addEventListener("pointerleave", later);
  }

  onClick(handler) {
    this.front.addEventListener("click", (event) => handler([event.offsetX, event.offsetY]));
  }
}

/** Return a function that looks up a colour of the style sheet. */
function colours() {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(name).trim() || "#888";
}

/** Draw the axes of a chart: lines, ticks, and what they count. */
export function axes(context, { x, y, box, xTicks, yTicks, xWrite, yWrite, xTitle, yTitle }, colour) {
  context.lineWidth = 1;
  context.strokeStyle = colour("--line");
  context.fillStyle = colour("--quiet");
  context.setLineDash([]);
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (const tick of yTicks) {
    rule(context, box.left, y(tick), box.right, y(tick));
    context.fillText(yWrite(tick), box.left - 6, y(tick));
  }
  context.textBaseline = "top";
  context.textAlign = "center";
  for (const tick of xTicks) {
    rule(context, x(tick), box.bottom, x(tick), box.bottom + 4);
    context.fillText(xWrite(tick), x(tick), box.bottom + 7);
  }
  if (xTitle) context.fillText(xTitle, (box.left + box.right) / 2, box.bottom + 23);
  context.textAlign = "left";
  if (yTitle) context.fillText(yTitle, 2, 2);
}

function rule(context, x1, y1, x2, y2) {
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}
