// The page's link to the bridge: whether it is heard, whether it lets this page in, and what went wrong lately.
import { ApiError } from './api.js';
import { byId, setText } from './dom.js';
import { countText } from './format.js';

const saidFor = 30_000; // ms

/** `state`: connecting, live, lost or refused; `since` (ms). */
export class Connection {
  state = 'connecting';
  since = Date.now();
  #trouble = '';
  #ends;
  #unreadable = 0;

  become(state, text) {
    if (this.state !== state) this.since = Date.now();
    this.state = state;
    if (state === 'live' || state === 'refused') byId('main').dataset.access = state === 'live' ? 'given' : 'refused';
    byId('connection').dataset.state = state;
    setText(byId('connection'), text);
  }

  /** The bridge is heard (again). */
  begin() {
    this.#trouble = '';
    byId('token-form').hidden = true;
    this.become('live', 'live');
  }

  /** What went wrong: a token is asked for, where that is it. */
  complain(error) {
    if (!(error instanceof ApiError && (error.status === 401 || error.status === 403))) return this.say(error.message);
    byId('token-form').hidden = false;
    byId('token-problem').hidden = !error.hadToken;
    setText(byId('token-problem'), `The bridge did not take the token: ${error.message}`);
    this.become('refused', 'needs a token');
  }

  /** Says `text` for half a minute. */
  say(text) {
    this.#trouble = text;
    clearTimeout(this.#ends);
    this.#ends = setTimeout(() => {
      this.#trouble = '';
      this.show(this.#unreadable);
    }, saidFor);
    this.show(this.#unreadable);
  }

  /** That the page hears the bridge, what went wrong lately, and how much it could not read since it was opened. */
  show(unreadable) {
    this.#unreadable = unreadable;
    if (this.state !== 'live') return;
    const refused = unreadable === 1 ? '1 message is not as it must be' : `${countText(unreadable)} messages are not as they must be`;
    this.become('live', ['live', this.#trouble, unreadable > 0 && refused].filter(Boolean).join('; '));
  }
}
