import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readSecretValues, writeSecretValues } from './secret-file.ts';

let stateDir: string;
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'policy-secrets-'));
});
afterEach(() => rmSync(stateDir, { recursive: true }));

test('a service is given the names that its release declares, and no other', () => {
  writeSecretValues(stateDir, 'shop/local', { bot: { KEY: 'k', OLD: 'o' }, web: {} });
  expect(readSecretValues(stateDir, 'shop/local', 'bot', ['KEY'])).toEqual({ KEY: 'k' });
  expect(readSecretValues(stateDir, 'shop/local', 'web', [])).toEqual({});
});

test('what a newer release does not name any more stays for the older one', () => {
  writeSecretValues(stateDir, 'shop/local', { bot: { KEY: 'k', OLD: 'o' } });
  writeSecretValues(stateDir, 'shop/local', { bot: { KEY: 'other' } });
  expect(readSecretValues(stateDir, 'shop/local', 'bot', ['KEY', 'OLD'])).toEqual({ KEY: 'other', OLD: 'o' });
});

test('a name without a value is refused, and its value is asked for by name', () => {
  expect(() => readSecretValues(stateDir, 'shop/local', 'bot', ['KEY'])).toThrow('bot is given the secret KEY');
});

test('only the owner may read the file', () => {
  writeSecretValues(stateDir, 'shop/local', { bot: { KEY: 'k' } });
  const [file = ''] = readdirSync(join(stateDir, 'secrets'));
  expect(statSync(join(stateDir, 'secrets', file)).mode & 0o777).toBe(0o600);
  expect(statSync(join(stateDir, 'secrets')).mode & 0o777).toBe(0o700);
});
