// What the study took, what pruning saved of it with its band, its money, and its budget.

import { facts, make, table } from "./elements.js";
import { banded, count, number, span, time } from "./format.js";

const AMOUNTS = [
  ["accelerator time", "gpuSeconds", span],
  ["time on nodes", "trialSeconds", span],
  ["steps", "steps", (value) => count(Math.round(value))],
];

/** Return used and saved, out of the answer to savings. */
export function savingsOf(savings) {
  const rows = AMOUNTS.filter(([, name]) => savings[name]).map(([title, name, write]) => {
    const { used, done, saved, savedLow, savedHigh } = savings[name];
    return [title, write(used ?? done), banded(saved, savedLow, savedHigh, write) ?? "not known until a trial completes"];
  });
  const { money } = savings;
  if (money) {
    const write = (value) => `${number(value, 4)} ${money.currency ?? ""}`.trim();
    const { used, saved, savedLow, savedHigh } = money;
    rows.push(["money", write(used), banded(saved, savedLow, savedHigh, write) ?? "not known until a trial completes"]);
  }
  const price = money ? make("p", { class: "quiet" }, `An accelerator costs ${number(money.deviceHour, 4)} ${money.currency ?? ""} an hour.`) : "";
  const note = make("p", { class: "quiet" }, "Saved is an estimate by the completed trials; the band is what their quartiles span.");
  return make("div", {}, table("Used, and saved by pruning", ["of", "used", "saved by pruning (band)"], rows), price, note);
}

/** Return the limits of the budget: how much of each is used, and when it is met. */
export function budgetOf(budget) {
  const limits = budget?.limits ?? [];
  if (!limits.length) return "";
  const hours = (value) => (value === null || value === undefined ? "–" : `${number(value, 3)} h`);
  const rows = limits.map((each) => [
    each.name, hours(each.usedHours), hours(each.softHours), hours(each.hardHours), hours(each.leftHours), metOf(each),
  ]);
  const heads = ["limit", "used", "soft: nothing new starts", "hard: what runs is ended", "left", "met"];
  return make("div", {}, make("h3", {}, "Budget"), table("Budget", heads, rows, { quiet: true }));
}

function metOf({ met, softAt, hardAt }) {
  const parts = [met && `${met} is met`, softAt && `soft about ${time(softAt)}`, hardAt && `hard about ${time(hardAt)}`];
  return parts.filter(Boolean).join("; ") || "not at the present pace";
}
