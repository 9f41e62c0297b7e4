// Tells when something has changed: by server-sent events, or by asking now and then.

import { open } from "./api.js";

const POLL = 5000;
const RETRY_STREAM = 30000;
const LEAST_PAUSE = 1000;

/**
 * Call `refresh` whenever something has changed, one call at a time; `say` is told how it goes. What
 * comes back has `due`, to ask for one more.
 */
export function follow(path, refresh, say) {
  const turns = new Turns(refresh);
  document.addEventListener("visibilitychange", () => document.hidden || turns.due());
  listen(path, turns, say);
  return turns;
}

/** Runs refreshes one after the other, and rests between them for as long as they take, fourfold. */
class Turns {
  constructor(refresh) {
    this.refresh = refresh;
    this.running = false;
    this.waits = false;
  }

  async due() {
    if (this.running || document.hidden) {
      this.waits = true;
      return;
    }
    this.running = true;
    this.waits = false;
    const begin = performance.now();
    try {
      await this.refresh();
    } finally {
      await sleep(Math.max(LEAST_PAUSE, 4 * (performance.now() - begin)));
      this.running = false;
      if (this.waits) this.due();
    }
  }
}

async function listen(path, turns, say) {
  for (;;) {
    try {
      const stream = await open(`${path}/events`);
      say("live");
      for await (const event of events(stream)) {
        if (event === "change") turns.due();
      }
    } catch {
      // Whatever the reason: the questions themselves tell the person what is wrong.
    }
    say("polling");
    for (let waited = 0; waited < RETRY_STREAM; waited += POLL) {
      turns.due();
      await sleep(POLL);
    }
  }
}

/** Yield the names of the events that a stream brings. */
export async function* events(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value.replaceAll("\r\n", "\n");
    const blocks = text.split("\n\n");
    text = blocks.pop();
    for (const block of blocks) yield nameOf(block);
  }
}

function nameOf(block) {
  const line = block.split("\n").find((each) => each.startsWith("event:"));
  return line ? line.slice(6).trim() : "message";
}

function sleep(milliseconds) {
  return new Promise((done) => setTimeout(done, milliseconds));
}
