import { appendFileSync, existsSync, mkdirSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Layout } from '../disk/index.ts';
import { eventually, freshInstance, Place } from '../testing/place.ts';
import { InstanceLogs } from './instance-logs.ts';

let place: Place;
let logs: InstanceLogs;
beforeEach(() => {
  place = new Place();
  const layout = new Layout(place.stateDir);
  layout.create();
  logs = new InstanceLogs(layout, { partBytes: 1000, parts: 3, keptInstances: 2 });
});
afterEach(() => place.remove());

const wrote = (instance: string, text: string): string => {
  const { outLog } = logs.paths('bot', instance);
  mkdirSync(dirname(outLog), { recursive: true });
  appendFileSync(outLog, text);
  return outLog;
};

test('watching begins a new part where one is full, and reading goes over both', async () => {
  const instance = freshInstance();
  const path = wrote(instance, `${'x'.repeat(1500)}\n`);
  logs.watch('bot', instance, false);
  await eventually(() => existsSync(`${path}.1`) && statSync(path).size === 0, 'the rotation');
  wrote(instance, 'after\n');
  expect(logs.read('bot', instance, 0, 10, false).map((line) => line.text.length)).toEqual([1500, 5]);
});

test('of forgotten instances the newest logs are kept, of known ones all', () => {
  const instances = Array.from({ length: 5 }, freshInstance);
  for (const [age, instance] of instances.entries()) {
    const path = wrote(instance, 'x\n');
    logs.watch('bot', instance, true);
    for (const file of [path, `${path}.times`]) utimesSync(file, 1000 - age, 1000 - age);
  }
  logs.prune(new Set([instances[4] as string]));
  const left = new Set(readdirSync(join(place.stateDir, 'logs/bot')).map((name) => name.split('.')[0]));
  expect(left).toEqual(new Set([instances[0], instances[1], instances[4]]));
});
