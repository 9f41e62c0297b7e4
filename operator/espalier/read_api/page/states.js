// How the states of trials look: by a colour of Okabe and Ito's, and by line and mark besides.

import { svg } from "./elements.js";

export const STATES = {
  Running: { colour: "--running", dash: [], width: 1.6, mark: "dot", word: "running" },
  Completed: { colour: "--completed", dash: [], width: 1, mark: null, word: "completed" },
  Pruned: { colour: "--pruned", dash: [5, 3], width: 1, mark: "cross", word: "pruned" },
  Failed: { colour: "--failed", dash: [1, 3], width: 1.4, mark: "square", word: "failed" },
  Pending: { colour: "--quiet", dash: [1, 3], width: 1, mark: null, word: "pending" },
};

/** Return a piece of a state's line with its mark, as its curves end. */
export function swatch(state) {
  const look = lookOf(state);
  const line = svg("line", { x1: 0, y1: 6, x2: 24, y2: 6, "stroke-width": 2 * look.width, "stroke-dasharray": look.dash.join(" ") });
  return svg("svg", { class: `swatch ${state}`, viewBox: "0 0 28 12", "aria-hidden": "true" }, line, SHAPES[look.mark]?.());
}

const SHAPES = {
  dot: () => svg("circle", { cx: 23, cy: 6, r: 4, class: "full" }),
  cross: () => svg("path", { d: "M19 2l8 8M27 2l-8 8", "stroke-width": 2 }),
  square: () => svg("rect", { x: 19, y: 2, width: 8, height: 8, class: "full" }),
};

export function lookOf(state) {
  return STATES[state] ?? STATES.Pending;
}

/** Draw a mark on a canvas. */
export function mark(context, kind, x, y, size) {
  context.beginPath();
  if (kind === "cross") {
    context.moveTo(x - size, y - size);
    context.lineTo(x + size, y + size);
    context.moveTo(x + size, y - size);
    context.lineTo(x - size, y + size);
    context.stroke();
  } else if (kind === "dot") {
    context.arc(x, y, size, 0, 2 * Math.PI);
    context.fill();
  } else if (kind === "square") {
    context.fillRect(x - size, y - size, 2 * size, 2 * size);
  } else if (kind === "star") {
    for (let place = 0; place < 10; place += 1) {
      const radius = place % 2 ? size * 0.45 : size;
      const angle = (place * Math.PI) / 5 - Math.PI / 2;
      context.lineTo(x + radius * Math.cos(angle), y + radius * Math.sin(angle));
    }
    context.closePath();
    context.fill();
  }
}
