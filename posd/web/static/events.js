// The event stream, read by fetch() because EventSource cannot send a token. It comes back by itself, waiting longer each time.

import { headers } from "/static/api.js";

const FIRST_WAIT_MS = 250;
const WAIT_MS_MAX = 5_000; // a cashier should see posd again within this
const SILENCE_MS_MAX = 40_000; // posd sends a comment every 15 s; after two of them missed the line is dead

/** The whole events in `text`, and what is left of an unfinished one
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream). */
export function parse(text) {
  const blocks = text.split("\n\n");
  const rest = blocks.pop();
  const events = blocks.map((block) => {
    const fields = block.split("\n").map((line) => /^(\w*):? ?(.*)$/.exec(line) ?? []);
    const all = (name) => fields.filter(([, field]) => field === name).map(([, , value]) => value);
    return { kind: all("event").join(""), data: all("data").join("\n") };
  });
  return [events.filter((event) => event.data), rest];
}

/** Follow the stream for ever. `onEvent(kind, body)`; `onLine(state, problem)`: open, lost (trying again), refused (the end). */
export async function follow(onEvent, onLine) {
  let waitMs = FIRST_WAIT_MS;
  for (;;) {
    const stop = new AbortController();
    try {
      const answer = await fetch("/v1/events", { headers: headers(), cache: "no-store", signal: stop.signal });
      if (answer.status === 401 || answer.status === 403) return onLine("refused", await answer.json());
      if (answer.ok) {
        waitMs = FIRST_WAIT_MS;
        onLine("open");
        await read(answer.body, stop, onEvent);
      }
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof DOMException)) throw error; // anything but a broken line is a bug
    }
    stop.abort();
    onLine("lost");
    await new Promise((wake) => setTimeout(wake, waitMs));
    waitMs = Math.min(waitMs * 2, WAIT_MS_MAX);
  }
}

async function read(stream, stop, onEvent) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let [events, rest] = [[], ""];
  for (;;) {
    const silence = setTimeout(() => stop.abort(), SILENCE_MS_MAX);
    const { value, done } = await reader.read().finally(() => clearTimeout(silence));
    if (done) return;
    [events, rest] = parse(rest + value.replaceAll("\r", ""));
    for (const event of events) onEvent(event.kind, JSON.parse(event.data));
  }
}
