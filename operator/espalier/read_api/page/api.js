// Asks the read API. Paths are relative to where this file lies, so that a prefix before them works.

export const ROOT = new URL("../", import.meta.url);

const MOST_KEPT = 60;
const kept = new Map();
let token = "";

/** What the server says when it does not answer a question: its status (0: not reached) and why. */
export class Problem extends Error {
  constructor(status, message, after = 0) {
    super(message);
    this.status = status;
    this.after = after;
  }
}

/** Use a token from now on. It is kept in this page's memory alone and goes when the page does. */
export function logIn(text) {
  token = text.trim().replace(/^Bearer\s+/i, "");
  kept.clear();
}

export function studyPath(namespace, name) {
  return `v1/namespaces/${encodeURIComponent(namespace)}/studies/${encodeURIComponent(name)}`;
}

/** Ask a question; the same object comes back for as long as the answer has not changed. */
export async function ask(path, query = {}) {
  const url = new URL(path, ROOT);
  for (const [name, value] of Object.entries(query)) {
    if (value !== "" && value !== null && value !== undefined) url.searchParams.set(name, value);
  }
  const known = kept.get(url.href);
  const answer = await send(url, known ? { "If-None-Match": known.tag } : {});
  if (answer.status === 304 && known) return known.body;
  const body = await bodyOf(answer);
  if (!answer.ok) throw problemOf(answer, body);
  keep(url.href, { tag: answer.headers.get("ETag"), body });
  return body;
}

/** Open a stream of server-sent events. */
export async function open(path, signal) {
  const answer = await send(new URL(path, ROOT), { Accept: "text/event-stream" }, signal);
  const kind = answer.headers.get("Content-Type") ?? "";
  if (!answer.ok || !kind.startsWith("text/event-stream")) {
    throw new Problem(answer.status, "there is no stream of events");
  }
  return answer.body;
}

async function send(url, headers, signal) {
  const all = token ? { ...headers, Authorization: `Bearer ${token}` } : headers;
  try {
    return await fetch(url, { headers: all, cache: "no-store", credentials: "same-origin", signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "the server cannot be reached; if you log in through a proxy, reload");
  }
}

async function bodyOf(answer) {
  try {
    return await answer.json();
  } catch {
    return null;
  }
}

function problemOf(answer, body) {
  const said = body?.error?.message || `the server answers ${answer.status} ${answer.statusText}`;
  return new Problem(answer.status, said, Number(answer.headers.get("Retry-After")) || 0);
}

function keep(url, found) {
  kept.delete(url);
  if (found.tag) kept.set(url, found);
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value);
}
