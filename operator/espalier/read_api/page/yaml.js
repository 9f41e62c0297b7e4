// Writes plain JSON values as YAML; every text that could be read as something else is quoted.

const PLAIN = /^[A-Za-z_][A-Za-z0-9_./-]*$/;
const RESERVED = /^(y|n|yes|no|on|off|true|false|null|nan|inf)$/i;

export function yaml(value) {
  return `${block(value, "").replace(/^\n/, "")}\n`;
}

/** Return a value as it follows a key or a dash: on the same line, or on lines of its own. */
function block(value, indent) {
  if (Array.isArray(value)) {
    if (!value.length) return " []";
    return value.map((each) => `\n${indent}-${inItem(each, `${indent}  `)}`).join("");
  }
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value);
    if (!entries.length) return " {}";
    return entries.map(([key, each]) => `\n${indent}${text(key)}:${nested(each, indent)}`).join("");
  }
  return ` ${scalar(value)}`;
}

function nested(value, indent) {
  return block(value, Array.isArray(value) ? indent : `${indent}  `);
}

/** Return an item of a list: a map begins on the dash's own line. */
function inItem(value, indent) {
  return block(value, indent).replace(/^\n\s*/, " ");
}

function scalar(value) {
  if (typeof value === "string") return text(value);
  if (typeof value !== "number") return String(value);
  // YAML 1.1 takes 1e-7 for a text: there a number needs its point.
  const written = String(value);
  return written.includes("e") && !written.includes(".") ? written.replace("e", ".0e") : written;
}

function text(value) {
  if (PLAIN.test(value) && !RESERVED.test(value)) return value;
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
