// A bridge made of canned answers: the page can be tried without building anything, and made to hear what a test wants.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';

const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml', '.txt': 'text/plain' };
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const minute = 60_000;

/**
 * Starts it on `port` of loopback, 0 for any, with the page of the folder (URL) `page`. `world`: what it says (worlds.mjs);
 * without one it is an older bridge, which knows nothing of silence, verdicts and alerts.
 */
export async function startFixture({ page, port = 0, token, world } = {}) {
  const streams = new Set();
  const began = Date.now();
  const answers = {
    '/v1/status': () => ({ time: new Date().toISOString(), broker: { connected: true }, services: services(began) }),
    '/v1/sensors': () => ({ sensors: sensors(), truncated: false }),
    '/v1/dead-letters': () => ({ dead_letters: [], truncated: false }),
    '/v1/readings': (query) => (query.has('step') ? { buckets: buckets(query), truncated: false } : readings(query)),
    '/livez': () => ({}),
  };
  const orders = []; // what was posted: [path, body]
  if (world !== undefined) Object.assign(answers, answersOf(world));
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://localhost');
    const asset = url.pathname === '/' ? 'index.html' : url.pathname.match(/^\/assets\/([a-z0-9.-]+)$/)?.[1];
    if (asset !== undefined) {
      const body = await readFile(new URL(asset, page)).catch(() => undefined);
      if (body === undefined) return response.writeHead(404).end();
      return response.writeHead(200, { 'content-type': types[extname(asset)], 'content-security-policy': policy }).end(body);
    }
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      response.writeHead(401, { 'content-type': 'application/problem+json' });
      return response.end(JSON.stringify({ title: 'Unauthorized', status: 401, detail: 'a token with the scope read is needed' }));
    }
    if (url.pathname === '/v1/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      streams.add(response);
      request.on('close', () => streams.delete(response));
      return response.write(': hello\n\n');
    }
    const answer = answers[url.pathname];
    if (request.method === 'POST') orders.push([url.pathname, JSON.parse(await new Response(request).text())]);
    if (answer === undefined) return response.writeHead(404, { 'content-type': 'application/problem+json' }).end('{"title":"Not Found","status":404}');
    return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer(url.searchParams)));
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    port: server.address().port,
    answers,
    orders,
    /** To everyone who listens. */
    push(type, data) {
      for (const stream of streams) stream.write(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
    },
    /** The same, with `text` for the data, whatever it is. */
    pushText(type, text) {
      for (const stream of streams) stream.write(`event: ${type}\ndata: ${text}\n\n`);
    },
    listeners: () => streams.size,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const node = 'kitchen';

function answersOf(world) {
  const valueOf = ([middle, swing], sensor, time) => (swing === undefined ? middle : middle + swing * Math.sin(time / 7_200_000 + sensor.length) + (swing / 9) * Math.sin(time / 391_000));
  const bucket = (query, time) => {
    const sensor = query.get('sensor');
    const shift = typeof world.known[sensor][0] === 'number' ? ({ min: -0.1, max: 0.1 }[query.get('fn')] ?? 0) * world.known[sensor][1] : 0;
    return { node, sensor, unit: '', time: new Date(time).toISOString(), value: shift === 0 ? valueOf(world.known[sensor], sensor, time) : valueOf(world.known[sensor], sensor, time) + shift, count: 10 };
  };
  return {
    '/v1/status': () => ({ time: new Date().toISOString(), broker: { connected: world.connected }, services: world.services }),
    '/v1/sensors': () => ({ sensors: world.sensors, truncated: false }),
    '/v1/verdict': () => world.verdict,
    '/v1/alerts': () => ({ alerts: world.alerts }),
    '/v1/access': () => ({ name: 'owner', scopes: ['read', 'write', 'operate'] }),
    '/v1/dead-letters': () => ({ dead_letters: world.deadLetters, truncated: false }),
    '/v1/readings': (query) => {
      const from = Date.parse(query.get('from') ?? query.get('to'));
      const last = Date.parse(world.sensors.find(({ sensor }) => sensor === query.get('sensor')).time);
      const to = Math.min(Date.parse(query.get('to')), last);
      const step = query.has('step') ? Number.parseInt(query.get('step'), 10) * 1000 : Math.max(1000, (to - from) / 50);
      const rows = [];
      for (let time = Math.ceil(from / step) * step; time <= to; time += step) rows.push(bucket(query, time));
      return query.has('step') ? { buckets: rows, truncated: false } : { readings: rows.map((row, at) => ({ ...row, stream: 's', seq: at + 1 })), truncated: false };
    },
  };
}

export function status(name, more = {}) {
  return { node, name, service: name, state: 'up', reason: '', since: new Date(Date.now() - 90 * minute).toISOString(), version: '0.1.0', ...more };
}

function services() {
  const row = (name, more, queue) => {
    const { node: _, name: __, ...payload } = status(name, more);
    return { node, service: name, age_s: 1, status: payload, ...(queue === undefined ? {} : { queue: { high: 10000, limit: 1000000, oldest_s: 0.4, rate_per_s: 9.9, pressure: false, ...queue } }) };
  };
  return [
    row('sensor-publisher', { pace_ms: 10000, breaker: { state: 'closed', reason: '' } }, { depth: 3 }),
    row('sensor-persistence', { used_bytes: 48_300_000, dead_letters: 0 }, { depth: 12 }),
    row('sensor-http-bridge', { breaker: { state: 'closed', reason: '' }, counters: { delivered: 81234 } }),
  ];
}

const known = {
  'bme280.temperature': [21.4, 3, 'Cel'], 'bme280.humidity': [47, 12, '%'], 'bme280.pressure': [1013.2, 8, 'hPa'],
  'ds18b20.28-0316': [4.1, 2, 'Cel'], 'greenhouse.co2': [612, 90, '[ppm]'], 'host.memory_free': [1_610_612_736, 4e8, 'By'],
};

function valueAt(sensor, time) {
  const [middle, swing] = known[sensor] ?? [0, 1];
  return middle + swing * Math.sin(time / 7_200_000) + (swing / 9) * Math.sin(time / 391_000) + (swing / 30) * Math.sin(time / 17_000);
}

function sensors() {
  const time = new Date().toISOString();
  return [
    ...Object.entries(known).map(([sensor, [, , unit]]) => ({ node, sensor, unit, value: Number(valueAt(sensor, Date.now()).toFixed(2)), time })),
    { node, sensor: 'garage.door', unit: '', value: 'closed', time },
  ];
}

function rangeOf(query) {
  return [Date.parse(query.get('from')), Date.parse(query.get('to'))];
}

function buckets(query) {
  const [from, to] = rangeOf(query);
  const step = Number.parseInt(query.get('step'), 10) * 1000;
  const sensor = query.get('sensor');
  const shift = { mean: 0, min: -0.1, max: 0.1, last: 0 }[query.get('fn')] * (known[sensor]?.[1] ?? 1);
  const rows = [];
  for (let time = Math.ceil(from / step) * step; time < to; time += step) {
    rows.push({ node, sensor, unit: '', time: new Date(time).toISOString(), value: valueAt(sensor, time) + shift, count: 10 });
  }
  return rows;
}

/** Pages of 5,000 up to 100,000 readings, whatever the range. */
function readings(query) {
  const [from, to] = rangeOf(query);
  const all = 100_000;
  const first = Number(query.get('cursor') ?? 0);
  const last = Math.min(all, first + Number(query.get('limit') ?? 100));
  const rows = [];
  for (let at = first; at < last; at += 1) {
    const time = from + ((to - from) * at) / all;
    rows.push({ node, stream: 's', seq: at + 1, sensor: query.get('sensor'), value: valueAt(query.get('sensor'), time), unit: '', time: new Date(time).toISOString() });
  }
  return { readings: rows, truncated: last < all, ...(last < all ? { cursor: String(last) } : {}) };
}
