// Which sensors stand together: the silent ones first, then rooms, then those of one device, the machine's own last. Pure.
import { silentSince } from './state.js';

/** What a machine says of itself: sensors of the driver `host`, of hwmon, and of agents such as Telegraf. */
const machineOwn = new Set(['load1', 'uptime', 'memory', 'mem', 'swap', 'disk', 'cpu', 'system', 'kernel', 'processes', 'host']);
const machineChip = /^(cpu|coretemp|k10temp|acpitz|drivetemp|nvme|rpi_volt|pwmfan)/;

const prefixOf = (sensor) => sensor.slice(0, Math.max(0, sensor.indexOf('.')));

export function isMachineOwn(sensor) {
  const first = prefixOf(sensor) || sensor;
  return machineOwn.has(first) || machineChip.test(first);
}

const collator = new Intl.Collator('en', { numeric: true });
const order = ['silent', 'room', 'device', 'others', 'machine'];
const inOrder = (a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || collator.compare(a.title, b.title);

/**
 * [{id, kind, title, of: what a name for it is kept by, rows: [{sensor, label, since: silent since (ms)}]}] of a machine, '' for all.
 * `filter`: in lower case; what has it in a name, in its room or in its group's title is there.
 */
export function groupsOf(state, node, names, filter = '') {
  const sensors = [...state.sensors.values()].filter((sensor) => node === '' || sensor.node === node);
  const several = new Set(sensors.map((sensor) => sensor.node)).size > 1;
  const alone = prefixesOfOne(sensors, names);
  const groups = new Map();
  for (const sensor of sensors) {
    const since = silentSince(state, sensor);
    const group = groupFor(sensor, since, names, several, alone);
    const label = names.nameOf(sensor.key) ?? labelIn(group, sensor, several);
    if (!has([sensor.sensor, label, group.title, names.roomOf(sensor.key) ?? ''], filter)) continue;
    if (!groups.has(group.id)) groups.set(group.id, { ...group, rows: [] });
    groups.get(group.id).rows.push({ sensor, label, since });
  }
  const sorted = [...groups.values()].sort(inOrder);
  const others = sorted.filter(({ kind }) => kind === 'others');
  if (others.length === 1 && !several && !sorted.some(({ kind }) => kind === 'room' || kind === 'device')) others[0].title = 'Sensors';
  for (const group of sorted) {
    group.rows.sort((a, b) => (group.kind === 'silent' && a.since - b.since) || collator.compare(a.label, b.label) || collator.compare(a.sensor.key, b.sensor.key));
  }
  return sorted;
}

const has = (texts, filter) => filter === '' || texts.some((text) => text.toLowerCase().includes(filter));

/** The "<node>/<prefix>" that only one sensor has: a title for one is no help. */
function prefixesOfOne(sensors, names) {
  const counts = new Map();
  for (const { node, sensor } of sensors) {
    const of = `${node}/${prefixOf(sensor)}`;
    counts.set(of, (counts.get(of) ?? 0) + 1);
  }
  return new Set([...counts].filter(([of, count]) => count === 1 && names.groupOf(of) === undefined).map(([of]) => of));
}

function groupFor({ key, node, sensor }, since, names, several, alone) {
  if (since !== undefined) return { id: 'silent', kind: 'silent', title: 'Silent' };
  const room = names.roomOf(key);
  if (room !== undefined) return { id: `room ${room}`, kind: 'room', title: room };
  const on = several ? ` on ${node}` : '';
  if (isMachineOwn(sensor)) return { id: `machine ${node}`, kind: 'machine', of: `${node}/`, title: names.groupOf(`${node}/`) ?? (several ? `Machine ${node}` : 'This machine') };
  const of = `${node}/${prefixOf(sensor)}`;
  if (prefixOf(sensor) === '' || alone.has(of)) return { id: `others ${node}`, kind: 'others', title: several ? `On ${node}` : 'Others' };
  return { id: `device ${of}`, kind: 'device', of, title: names.groupOf(of) ?? `${prefixOf(sensor)}${on}` };
}

/** Among those of its device a sensor needs no prefix. */
function labelIn({ kind }, { node, sensor }, several) {
  if (kind === 'device') return sensor.slice(prefixOf(sensor).length + 1);
  return several && (kind === 'silent' || kind === 'room') ? `${sensor} on ${node}` : sensor;
}
