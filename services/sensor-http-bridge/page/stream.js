// Server-sent events by fetch, as EventSource cannot send a token. https://html.spec.whatwg.org/multipage/server-sent-events.html

const longestLine = 1024 * 1024; // characters; the bridge sends no longer ones

/**
 * Takes a stream's text in pieces, as it comes, and calls `take({type, data})` for each event whose data is a JSON object.
 * Of another one it calls `refuse(error)`, and for one that `take` throws at: the next event is taken. Pure.
 */
export class EventParser {
  #take;
  #refuse;
  #rest = '';
  #type = '';
  #data = [];

  constructor(take, refuse = () => {}) {
    this.#take = take;
    this.#refuse = refuse;
  }

  feed(text) {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop();
    if (this.#rest.length > longestLine) throw new Error('the bridge sends a line without an end');
    lines.forEach((line) => this.#takeLine(line));
  }

  #takeLine(line) {
    if (line === '') {
      const [type, data] = [this.#type || 'message', this.#data];
      this.#type = '';
      this.#data = [];
      if (data.length > 0) this.#pass(type, data.join('\n'));
    } else if (line.startsWith('event:')) {
      this.#type = line.slice(6).trim();
    } else if (line.startsWith('data:')) {
      this.#data.push(line.slice(5).replace(/^ /, ''));
    }
  }

  #pass(type, text) {
    try {
      const data = JSON.parse(text);
      if (data === null || typeof data !== 'object' || Array.isArray(data)) throw new Error('the data of an event is no object');
      this.#take({ type, data });
    } catch (error) {
      this.#refuse(error);
    }
  }
}

const silentAfter = 40_000; // the bridge sends a comment every 15 s
const askAfter = 2_000; // whether the bridge is there still, when it says nothing
const answersWithin = 2_500;
const firstWait = 500;
const longestWait = 10_000;

/**
 * Reads `open()`'s stream for ever, and connects again when it ends or falls silent. `on`: {connected(), lost(error), event(e),
 * refused(error)}; an event that cannot be taken is refused, and the next one is taken.
 * `open(signal)` gives a Response, or throws. `ask(signal)` throws when the bridge is not there any more.
 */
export async function follow(open, ask, on) {
  for (let wait = firstWait; ; wait = Math.min(longestWait, wait * 2)) {
    try {
      await readOnce(open, ask, () => {
        wait = firstWait;
        on.connected();
      }, new EventParser(on.event, on.refused));
      on.lost(new Error('the bridge closed the stream'));
    } catch (error) {
      on.lost(error);
      if (error.status === 401 || error.status === 403) return; // only another token helps
    }
    await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random() / 2)));
  }
}

async function readOnce(open, ask, connected, parser) {
  const abort = new AbortController();
  let heard = Date.now();
  const opening = setTimeout(() => abort.abort(), silentAfter);
  let watching;
  try {
    const response = await open(abort.signal);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    connected();
    clearTimeout(opening);
    watching = setInterval(() => watch(ask, abort, heard), askAfter);
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      heard = Date.now();
      parser.feed(value);
    }
  } finally {
    clearTimeout(opening);
    clearInterval(watching);
    abort.abort();
  }
}

/** A connection that is cut somewhere looks like one on which nothing is said. */
async function watch(ask, abort, heard) {
  const quiet = Date.now() - heard;
  if (quiet < askAfter) return;
  try {
    if (quiet > silentAfter) throw new Error('the bridge says nothing any more');
    await ask(AbortSignal.timeout(answersWithin));
  } catch (error) {
    abort.abort(error);
  }
}
