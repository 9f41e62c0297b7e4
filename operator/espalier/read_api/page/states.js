// How the states of trials look: by a colour of Okabe and Ito's, and by line and mark besides.

export const STATES = {
  Running: { colour: "--running", dash: [], width: 1.6, mark: "dot", word: "running" },
  Completed: { colour: "--completed", dash: [], width: 1, mark: null, word: "completed" },
  Pruned: { colour: "--pruned", dash: [5, 3], width: 1, mark: "cross", word: "pruned" },
  Failed: { colour: "--failed", dash: [1, 3], width: 1.4, mark: "square", word: "failed" },
  Pending: { colour: "--quiet", dash: [1, 3], width: 1, mark: null, word: "pending" },
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
