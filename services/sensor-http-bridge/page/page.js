// The page: hears the bridge, keeps the state, and shows it once a second and after each change.
import { ApiError, get, keepToken, request } from './api.js';
import { byId, make, setText } from './dom.js';
import { Flow } from './flow.js';
import { countText } from './format.js';
import { SensorCards } from './sensors.js';
import { choicesOf, emptyState, hashOf, nodesOf, ranges, takeEvent, takeSensors, takeStatus } from './state.js';
import { follow } from './stream.js';
import { EventList, showDeadLetters, showServices } from './tables.js';

const state = emptyState();
const flow = new Flow(byId('flow'));
const events = new EventList(byId('events'));
const choices = choicesOf(location.hash);
const cards = new SensorCards(byId('sensors'), choices.range, complain);
let node = ''; // that is shown: choices.machine once it has been heard of
let connected = false;
let drawing = false;
let complaint = '';
let complaintEnds;

function connection(name, text) {
  connected = name === 'live';
  if (connected || name === 'refused') byId('main').dataset.access = connected ? 'given' : 'refused';
  byId('connection').dataset.state = name;
  setText(byId('connection'), text);
}

function complain(error) {
  if (error instanceof ApiError && (error.status === 401 || error.status === 403)) {
    byId('token-form').hidden = false;
    byId('token-problem').hidden = !error.hadToken;
    setText(byId('token-problem'), `The bridge did not take the token: ${error.message}`);
    connection('refused', 'needs a token');
  } else if (connected) {
    complaint = error.message;
    clearTimeout(complaintEnds);
    complaintEnds = setTimeout(() => {
      complaint = '';
      showLive();
    }, 30_000);
    showLive();
  }
}

/** That the page hears the bridge, what went wrong lately, and what it could not read since it was opened. */
function showLive() {
  if (!connected) return;
  const refused = state.refused === 1 ? '1 message is not as it must be' : `${countText(state.refused)} messages are not as they must be`;
  const parts = ['live', complaint, state.refused > 0 && refused];
  connection('live', parts.filter(Boolean).join('; '));
}

// ---- showing ----

/** Many changes in one frame are drawn once. */
function draw() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    show();
  });
}

function show() {
  const now = Date.now();
  chooseNode();
  const filter = byId('filter').value.trim().toLowerCase();
  const wanted = (sensor) => sensor.node === node && sensor.sensor.toLowerCase().includes(filter);
  const parts = [
    () => flow.show(state, node, now, connected),
    () => {
      byId('no-sensors').hidden = cards.show(state.sensors, wanted, now) > 0;
      setText(byId('no-sensors'), filter === '' ? 'No sensor has said anything yet.' : `No sensor has "${filter}" in its name.`);
    },
    () => showServices(byId('services'), state.services, node, now),
    () => events.show(state.events, now, nodesOf(state).length > 1),
    showLive,
  ];
  for (const part of parts) attempt(part);
}

/** One part of the page that cannot be shown leaves the others alone. */
function attempt(part) {
  try {
    part();
  } catch (error) {
    console.error(error);
  }
}

function chooseNode() {
  const nodes = nodesOf(state);
  const select = byId('node');
  if ([...select.options].map((option) => option.value).join() !== nodes.join())
    select.replaceChildren(...nodes.map((name) => make('option', {}, name)));
  byId('node-choice').hidden = nodes.length < 2;
  if (nodes.includes(choices.machine)) node = choices.machine;
  if (!nodes.includes(node)) [node = ''] = nodes;
  select.value = node;
}

// ---- hearing ----

/** What was missed while nobody listened. */
async function catchUp() {
  try {
    const [status] = await Promise.all([get('/v1/status'), loadSensors()]);
    takeStatus(state, status, Date.now());
    cards.redraw();
    draw();
    await loadDeadLetters();
  } catch (error) {
    complain(error);
  }
}

/** Of what is sent in batches, as after an outage, no event tells. */
async function loadSensors() {
  takeSensors(state, await get('/v1/sensors'), Date.now());
  draw();
}

async function loadDeadLetters() {
  showDeadLetters(await get('/v1/dead-letters', { limit: 100 }), Date.now(), complain);
}

function listen() {
  connection('connecting', 'connecting');
  follow((signal) => request('/v1/events', { signal }), {
    connected() {
      connection('live', 'live');
      complaint = '';
      byId('token-form').hidden = true;
      catchUp();
    },
    lost(error) {
      connection('lost', 'connection lost, trying again');
      complain(error);
      draw();
    },
    event(event) {
      takeEvent(state, event, Date.now());
      if (event.type === 'event' && event.data.type === 'dead_letter') loadDeadLetters().catch(complain);
      draw();
    },
    refused() {
      state.refused += 1;
      draw();
    },
  });
}

// ---- what people do ----

for (const [name, length] of ranges) {
  const radio = make('input', { type: 'radio', name: 'range', value: length, checked: length === choices.range });
  radio.addEventListener('change', () => choose({ range: length }));
  byId('range').append(make('label', {}, radio, make('span', {}, name)));
}
byId('filter').addEventListener('input', draw);
byId('node').addEventListener('change', ({ target }) => choose({ machine: target.value }));

/** The address has what was chosen, so that the page opens with it again. */
function choose(what) {
  Object.assign(choices, what);
  history.replaceState(null, '', hashOf(choices));
  cards.setRange(choices.range);
  draw();
}

addEventListener('hashchange', () => {
  Object.assign(choices, choicesOf(location.hash));
  for (const radio of byId('range').querySelectorAll('input')) radio.checked = Number(radio.value) === choices.range;
  cards.setRange(choices.range);
  draw();
});
byId('token-form').addEventListener('submit', (event) => {
  event.preventDefault();
  keepToken(byId('token').value);
  byId('token').value = '';
  byId('token-form').hidden = true;
  listen();
});
addEventListener('resize', () => cards.fit());
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => cards.redraw());
setInterval(draw, 1000);
setInterval(() => connected && loadSensors().catch(complain), 10_000);
setInterval(() => loadDeadLetters().catch(complain), 30_000);

listen();
