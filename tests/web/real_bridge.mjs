// The demo, which is the whole pipeline, with the bridge's page on a port of its own.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const build = new URL('../../build/dev/', import.meta.url).pathname;
const patience = 30_000;

/** Starts it in a folder of its own; nodes are demo-host and demo-weather. */
export async function startRealBridge() {
  const folder = mkdtempSync(join(tmpdir(), 'sensor-web-'));
  const children = [];
  const start = (program, ...args) => {
    const child = spawn(join(build, program), args, { stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    child.stdout.resume();
    child.stderr.resume();
    return child;
  };
  const demo = start('demo/sensor_demo', '--for', '10min', '--keep', folder);
  const url = await addressSaidBy(demo);
  const configuration = readdirSync(folder).map((name) => join(folder, name)).find((name) => name.endsWith('sensor-http-bridge.toml'));
  return {
    url,
    /** Tells the reference API how to fail; tests/reference_api/reference_api.hpp has the modes. */
    async failApi(mode) {
      const api = /url = "(http:\/\/[^/]+)/.exec(readFileSync(configuration, 'utf8'))[1];
      await fetch(`${api}/fault`, { method: 'POST', body: JSON.stringify({ mode }) });
    },
    /** kill -9 of the bridge, which nobody starts again until startBridge(). */
    killBridge: () => execFileSync('pkill', ['-KILL', '-f', `sensor-http-bridge --config ${configuration}`]),
    startBridge: () => start('services/sensor-http-bridge/sensor-http-bridge', '--config', configuration),
    async hasReadings() {
      const end = Date.now() + patience;
      for (;;) {
        const sensors = await fetch(new URL('/v1/sensors', url)).then((response) => response.json(), () => ({}));
        if (sensors.sensors?.some(({ node }) => node === 'demo-host')) return;
        if (Date.now() > end) throw new Error(`no reading of demo-host in ${patience} ms: ${JSON.stringify(sensors)}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    async stop() {
      for (const child of children.reverse()) {
        if (child.exitCode !== null || child.signalCode !== null) continue; // by now, as another one ended it
        child.kill('SIGINT');
        await once(child, 'exit');
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Reads on behind it, so that the demo never waits for us. */
function addressSaidBy(demo) {
  return new Promise((resolve, reject) => {
    let said = '';
    for (const stream of [demo.stdout, demo.stderr]) {
      stream.on('data', (text) => {
        if (said.length < 10_000) said += text;
        const url = /http:\/\/127\.0\.0\.1:\d+\//.exec(said)?.[0];
        if (url !== undefined) resolve(url);
      });
    }
    demo.on('exit', (code) => reject(new Error(`the demo ended with ${code}: ${said}`)));
  });
}
