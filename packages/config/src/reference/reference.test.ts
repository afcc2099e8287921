import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { AppFolder } from '../testing/app-folder.ts';
import { GUIDE_PATH, withTables } from './guide.ts';
import { batonJsonSchema, SCHEMA_PATH } from './json-schema.ts';

const MEND = 'run: npm run reference -w @baton/config';
const read = (path: string): string => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8');

test('the JSON Schema for editors is up to date', () => {
  expect(JSON.parse(read(SCHEMA_PATH)), MEND).toEqual(batonJsonSchema());
});

test('the reference lists every key as it is validated', () => {
  const guide = read(GUIDE_PATH);
  expect(guide === withTables(guide), MEND).toBe(true);
});

test('every key says what it means', () => {
  const silent: string[] = [];
  const walk = (schema: unknown, path: string): void => {
    if (typeof schema !== 'object' || schema === null) return;
    for (const [key, value] of Object.entries(schema)) {
      if (key !== 'properties') walk(value, path);
      else {
        for (const [name, inner] of Object.entries(value as Record<string, { description?: string }>)) {
          if (inner.description === undefined) silent.push(`${path}.${name}`);
          walk(inner, `${path}.${name}`);
        }
      }
    }
  };
  walk(batonJsonSchema(), '');
  expect(silent).toEqual([]);
});

test('the example in the guide is an app', () => {
  const block = /\n\n((?: {4}.*\n)+)/.exec(read(GUIDE_PATH))?.[1] ?? '';
  const service = '{ build: ., command: node index.js, expose: [8000, 8080] }';
  const names = ['bot', 'adapter', 'dashboard', 'memory'];
  using folder = new AppFolder({
    'baton.yaml': block.replaceAll(/^ {4}/gm, ''),
    'compose.yaml': `services: { ${names.map((name) => `${name}: ${service}`).join(', ')} }`,
  });
  expect(folder.load('local').services.map((one) => one.name)).toEqual(names);
  expect(folder.load('production').environment.strategy.bakeMs).toBe(900_000);
});
