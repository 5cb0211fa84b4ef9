// openapi.yaml and asyncapi.yaml are what their standards ask for, and the answers are what they say.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv2020 from 'ajv/dist/2020.js';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import { startFixture, node, status } from './fixture.mjs';
import { startRealBridge } from './real_bridge.mjs';

const read = async (path) => parse(await readFile(new URL(`../../${path}`, import.meta.url), 'utf8'), { merge: true });
const openapi = await read('services/sensor-http-bridge/openapi.yaml');
const asyncapi = await read('docs/asyncapi.yaml');

/** Throws when `value` is not what #/components/schemas/`name` of openapi.yaml says. */
const ajv = addFormats(new Ajv2020({ strict: false, allErrors: true }));
ajv.addSchema(openapi, 'openapi');
function check(name, value) {
  const validate = ajv.getSchema(`openapi#/components/schemas/${name}`);
  assert.ok(validate(value), `${name}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(value).slice(0, 400)}`);
}

/** The same for a message of asyncapi.yaml. */
const messages = addFormats(new Ajv({ strict: false, allErrors: true }));
messages.addSchema(asyncapi, 'asyncapi');
function checkMessage(name, payload) {
  const validate = messages.getSchema(`asyncapi#/components/messages/${name}/payload`);
  assert.ok(validate(payload), `${name}: ${messages.errorsText(validate.errors)} in ${JSON.stringify(payload)}`);
}

async function get(url, path, expected = 200) {
  const response = await fetch(new URL(path, url));
  assert.equal(response.status, expected, path);
  return response.json();
}

test('openapi.yaml is OpenAPI 3.1', async () => {
  const { valid, errors } = await new Validator().validate(openapi);
  assert.ok(valid, JSON.stringify(errors));
});

test('asyncapi.yaml is AsyncAPI 3.0', () => {
  const schema = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.0.0-without-$id.json');
  const validator = addFormats(new Ajv({ strict: false, allErrors: true, logger: false }));
  const validate = validator.compile(schema);
  assert.ok(validate(asyncapi), validator.errorsText(validate.errors).slice(0, 2000));
});

test('the examples of asyncapi.yaml are what their schemas say', () => {
  let checked = 0;
  for (const [name, message] of Object.entries(asyncapi.components.messages)) {
    for (const { payload } of message.examples ?? []) {
      checkMessage(name, payload);
      checked += 1;
    }
  }
  assert.ok(checked > 0);
});

test('a wrong answer would be found', () => {
  assert.throws(() => check('Readings', { readings: [{ node: 'kitchen' }], truncated: false }));
  assert.throws(() => checkMessage('queue', { depth: -1, high: 1, limit: 1, pressure: false }));
});

test('the canned answers, which the page is tried with, are what openapi.yaml says', async () => {
  const bridge = await startFixture({ page: new URL('../../services/sensor-http-bridge/page/', import.meta.url) });
  try {
    check('Status', await get(bridge.url, '/v1/status'));
    check('Sensors', await get(bridge.url, '/v1/sensors'));
    check('DeadLetters', await get(bridge.url, '/v1/dead-letters'));
    const range = 'from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&sensor=bme280.temperature';
    check('Readings', await get(bridge.url, `/v1/readings?${range}`));
    check('Buckets', await get(bridge.url, `/v1/readings?${range}&step=3600s&fn=mean`));
    check('Problem', await get(bridge.url, '/v1/nothing', 404));
    const { node: _, name: __, ...payload } = status('sensor-publisher');
    checkMessage('status', payload);
  } finally {
    await bridge.stop();
  }
});

describe('the answers of the real bridge', async () => {
  test('are what openapi.yaml says', { timeout: 120_000 }, async () => {
    const bridge = await startRealBridge();
    try {
      await bridge.hasReadings();
      const sensors = await get(bridge.url, '/v1/sensors');
      check('Sensors', sensors);
      assert.ok(sensors.sensors.length > 3);
      const all = await get(bridge.url, '/v1/status');
      check('Status', all);
      for (const service of all.services) {
        if (service.status !== undefined) checkMessage('status', service.status);
        if (service.queue !== undefined) checkMessage('queue', service.queue);
      }
      check('Verdict', await get(bridge.url, '/v1/verdict'));
      check('DeadLetters', await get(bridge.url, '/v1/dead-letters'));
      check('Readings', await get(bridge.url, '/v1/readings?limit=50'));
      check('Buckets', await get(bridge.url, '/v1/readings?node=demo-host&step=10s&fn=mean&limit=50'));
      check('Problem', await get(bridge.url, '/v1/readings?limit=0', 400));
      check('Problem', await get(bridge.url, '/v1/nothing', 404));
    } finally {
      await bridge.stop();
    }
  });
});
