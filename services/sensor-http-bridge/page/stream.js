// Server-sent events by fetch, as EventSource cannot send a token. https://html.spec.whatwg.org/multipage/server-sent-events.html

/** Takes a stream's text in pieces, as it comes, and calls `take({type, data})` for each event whose data is JSON. Pure. */
export class EventParser {
  #take;
  #rest = '';
  #type = '';
  #data = [];

  constructor(take) {
    this.#take = take;
  }

  feed(text) {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop();
    lines.forEach((line) => this.#takeLine(line));
  }

  #takeLine(line) {
    if (line === '') {
      if (this.#data.length > 0) this.#take({ type: this.#type || 'message', data: JSON.parse(this.#data.join('\n')) });
      this.#type = '';
      this.#data = [];
    } else if (line.startsWith('event:')) {
      this.#type = line.slice(6).trim();
    } else if (line.startsWith('data:')) {
      this.#data.push(line.slice(5).replace(/^ /, ''));
    }
  }
}

const silentAfter = 40_000; // the bridge sends a comment every 15 s
const firstWait = 500;
const longestWait = 10_000;

/**
 * Reads `open()`'s stream for ever, and connects again when it ends or falls silent. `on`: {connected(), lost(error), event(e)}.
 * `open(signal)` gives a Response, or throws.
 */
export async function follow(open, on) {
  for (let wait = firstWait; ; wait = Math.min(longestWait, wait * 2)) {
    try {
      await readOnce(open, () => {
        wait = firstWait;
        on.connected();
      }, on.event);
      on.lost(new Error('the bridge closed the stream'));
    } catch (error) {
      on.lost(error);
      if (error.status === 401 || error.status === 403) return; // only another token helps
    }
    await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random() / 2)));
  }
}

async function readOnce(open, connected, take) {
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(), silentAfter);
  try {
    const response = await open(abort.signal);
    const parser = new EventParser(take);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    connected();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => abort.abort(), silentAfter);
      parser.feed(value);
    }
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}
