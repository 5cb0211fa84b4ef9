// The page: hears the bridge, keeps the state, and shows it once a second and after each change.
import { get, getIfThere, keepToken, request, send } from './api.js';
import { choicesOf, hashOf, mostSeries, ranges } from './choices.js';
import { Connection } from './connection.js';
import { byId, make, setText } from './dom.js';
import { Flow } from './flow.js';
import { groupsOf } from './groups.js';
import { Headline } from './headline.js';
import { EventList, showAlerts } from './history.js';
import { Names } from './names.js';
import { askGroupName, NamesForm } from './naming.js';
import { Panel } from './panel.js';
import { SensorRows } from './rows.js';
import { Sparks } from './spark.js';
import { emptyState, nodesOf, takeAlerts, takeEvent, takeSensors, takeStatus } from './state.js';
import { follow } from './stream.js';
import { showDeadLetters, showServices } from './tables.js';
import { verdictFor } from './verdict.js';

const drawAtMost = 100; // ms between two pictures, however much is heard

const state = emptyState();
const names = new Names(localStorage);
const choices = choicesOf(location.hash);
const link = new Connection();
const complain = (error) => link.complain(error);
const touched = new Set(); // sensors that have said something since the last picture
let arranged = ''; // of what the rows are made
let node = ''; // that is shown, '' for all: choices.machine once it has been heard of
let mayOperate = false;
let soon;
let drawing = false;
let drawn = 0;

const headline = new Headline({
  root: byId('verdict'), sign: byId('sign'), text: byId('headline'), problems: byId('problems'),
  more: byId('more-problems'), list: byId('problems-behind'), spoken: byId('spoken'),
});
const flow = new Flow(byId('flow'), byId('stage-details'));
const events = new EventList(byId('events'), byId('no-events'));
const sparks = new Sparks(state.sensors, () => choices.range, complain);
const rows = new SensorRows(byId('sensors'), sparks, {
  choose: (key) => plot(choices.plot.length === 1 && choices.plot[0] === key ? [] : [key], true),
  add: (key) => plot(choices.plot.includes(key) ? choices.plot.filter((one) => one !== key) : [...choices.plot, key].slice(-mostSeries), false),
  rename: (group) => askGroupName(group, names, draw),
});
const panel = new Panel(state, names, choices, {
  zoom: (from, to) => choose({ zoom: [from, to] }), remove: (key) => plot(choices.plot.filter((one) => one !== key), false), error: complain,
});
const namesForm = new NamesForm(names, () => {
  panel.load();
  draw();
});

// ---- showing ----

/** Many changes are drawn once. */
function draw() {
  if (drawing) return;
  drawing = true;
  setTimeout(() => requestAnimationFrame(() => {
    drawing = false;
    drawn = Date.now();
    show();
  }), Math.max(0, drawn + drawAtMost - Date.now()));
}

function show() {
  const now = Date.now();
  const nodes = nodesOf(state);
  chooseNode(nodes);
  const several = nodes.length > 1;
  const filter = (id) => byId(id).value.trim().toLowerCase();
  const parts = [
    () => link.state !== 'refused' && headline.show(verdictFor(state, link, now), now, several),
    () => flow.show(state, node, now, link.state === 'live'),
    () => showSensors(filter('filter'), nodes.length, now),
    () => showServices(byId('services'), state.services, node, now),
    () => events.show(state.events, now, several, filter('event-filter')),
    () => {
      byId('alerts-box').hidden = (state.alerts?.size ?? 0) === 0;
      showAlerts(byId('alerts'), state.alerts ?? new Map(), now, filter('event-filter'), mayOperate ? acknowledge : undefined);
    },
    () => link.show(state.refused),
  ];
  for (const part of parts) attempt(part);
}

function showSensors(filter, machines, now) {
  const made = [state.changes, names.changes, filter, node, machines].join(' ');
  if (arranged !== made) {
    const groups = groupsOf(state, node, names, filter);
    rows.arrange(groups, now);
    rows.mark(choices.plot, panel.colors());
    byId('no-sensors').hidden = groups.length > 0;
    setText(byId('no-sensors'), filter === '' ? 'No sensor has said anything yet.' : `No sensor has "${filter}" in its name.`);
    if (choices.plot.length > 0 && byId('panel').hidden) panel.load();
  }
  arranged = made;
  for (const key of touched) if (state.sensors.has(key)) rows.show(state.sensors.get(key), now);
  touched.clear();
}

/** One part of the page that cannot be shown leaves the others alone. */
function attempt(part) {
  try {
    part();
  } catch (error) {
    console.error(error);
  }
}

function chooseNode(nodes) {
  const select = byId('node');
  if ([...select.options].slice(1).map((option) => option.value).join() !== nodes.join())
    select.replaceChildren(make('option', { value: '' }, 'all'), ...nodes.map((name) => make('option', {}, name)));
  byId('node-choice').hidden = nodes.length < 2;
  node = nodes.length > 1 && nodes.includes(choices.machine) ? choices.machine : '';
  select.value = node;
}

// ---- hearing ----

/** What was missed while nobody listened. */
async function catchUp() {
  try {
    const [status, alerts, access] = await Promise.all([get('/v1/status'), getIfThere('/v1/alerts'), getIfThere('/v1/access'), loadSensors()]);
    mayOperate = access?.scopes?.includes?.('operate') === true;
    takeStatus(state, status, Date.now());
    if (alerts !== undefined) takeAlerts(state, alerts);
    const verdict = await getIfThere('/v1/verdict');
    if (verdict !== undefined) takeEvent(state, { type: 'verdict', data: verdict }, Date.now());
    panel.load();
    draw();
    await loadDeadLetters();
  } catch (error) {
    complain(error);
  }
}

/** Of what is sent in batches, as after an outage, no event tells. */
async function loadSensors() {
  takeSensors(state, await get('/v1/sensors'), Date.now());
  for (const key of state.sensors.keys()) touched.add(key);
  draw();
}

/** A verdict has named other silent sensors: since when, and how often they came, is there. */
function loadSensorsSoon() {
  clearTimeout(soon);
  soon = setTimeout(() => link.state === 'live' && loadSensors().catch(complain), 1000);
}

async function loadDeadLetters() {
  showDeadLetters(await get('/v1/dead-letters', { limit: 100 }), Date.now(), complain, mayOperate ? actOnLetters : undefined);
}

function listen() {
  link.become('connecting', 'connecting');
  follow((signal) => request('/v1/events', { signal }), (signal) => request('/livez', { signal }), {
    connected() {
      link.begin();
      catchUp();
    },
    lost(error) {
      link.become('lost', 'connection lost, trying again');
      complain(error);
      draw();
    },
    event(event) {
      const { changes } = state;
      takeEvent(state, event, Date.now());
      if (event.type === 'verdict' && state.changes !== changes) loadSensorsSoon();
      if (event.type === 'reading') touched.add(`${event.data.node}/${event.data.sensor}`);
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

async function actOnLetters(action, ids) {
  const what = ids === undefined ? 'all dead letters' : 'this dead letter';
  if (action === 'purge' && !confirm(`Delete ${what} for ever?`)) return;
  try {
    await send('/v1/dead-letters', { action, ...(ids === undefined ? { all: true } : { ids }) });
  } catch (error) {
    link.say(error.message);
  }
  loadDeadLetters().catch(complain);
}

async function acknowledge(name) {
  try {
    await send('/v1/alerts', { alert: 'acknowledge', name });
  } catch (error) {
    link.say(error.message);
  }
}

/** The address has what was chosen, so that the page opens with it again. */
function choose(what) {
  Object.assign(choices, what);
  history.replaceState(null, '', hashOf(choices) === '#' ? location.pathname : hashOf(choices));
  chosen();
}

function chosen() {
  byId('range').value = choices.range ?? '';
  namesForm.show(choices.plot.length === 1 ? choices.plot[0] : undefined);
  rows.mark(choices.plot, panel.colors());
  panel.load();
  sparks.load();
  draw();
}

/** Plots these; `goes`: the eye goes there. */
async function plot(keys, goes) {
  const [last] = choices.plot;
  choose({ plot: keys, ...(keys.length === 0 ? { zoom: undefined } : {}) });
  if (keys.length === 0) rows.focus(last);
  if (keys.length === 0 || !goes) return;
  byId('panel').scrollIntoView({ block: 'nearest' });
  byId('panel-title').focus({ preventScroll: true });
}

byId('range').append(make('option', { value: '' }, 'range that fits'), ...ranges.map(([name, length]) => make('option', { value: length }, name)));
byId('range').addEventListener('change', ({ target }) => choose({ range: target.value === '' ? undefined : Number(target.value), zoom: undefined }));
for (const id of ['filter', 'event-filter']) byId(id).addEventListener('input', draw);
byId('flow').addEventListener('change', draw);
byId('node').addEventListener('change', ({ target }) => choose({ machine: target.value }));
byId('zoom-out').addEventListener('click', () => choose({ zoom: undefined }));
byId('plot').addEventListener('dblclick', () => choose({ zoom: undefined }));
byId('close-panel').addEventListener('click', () => plot([], false));
byId('dead-letters-all').addEventListener('click', ({ target }) => target.dataset.action !== undefined && actOnLetters(target.dataset.action));
byId('token-form').addEventListener('submit', (event) => {
  event.preventDefault();
  keepToken(byId('token').value);
  byId('token').value = '';
  byId('token-form').hidden = true;
  listen();
});
addEventListener('hashchange', () => {
  Object.assign(choices, choicesOf(location.hash));
  chosen();
});
addEventListener('keydown', ({ key, target }) => {
  if (key === 'Escape' && choices.plot.length > 0 && !byId('rename-dialog').open && target.tagName !== 'INPUT') plot([], false);
});
addEventListener('resize', () => panel.fit());
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => panel.load());
setInterval(() => {
  rows.age(state.sensors, Date.now());
  panel.refresh(Date.now());
  sparks.load();
  draw();
}, 1000);
setInterval(() => link.state === 'live' && loadSensors().catch(complain), 10_000);
setInterval(() => link.state === 'live' && loadDeadLetters().catch(complain), 30_000);

chosen();
listen();
