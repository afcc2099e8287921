import { expect, test } from 'vitest';
import { closest } from './suggest.ts';

const KEYS = ['environment', 'env_file', 'healthcheck', 'image', 'init', 'ports', 'stop_grace_period'];

test.each([
  ['enviroment', 'environment'],
  ['healthCheck', 'healthcheck'],
  ['stop-grace-period', 'stop_grace_period'],
  ['imgae', 'image'],
  ['port', 'ports'],
])('%s is near to %s', (word, meant) => {
  expect(closest(word, KEYS)).toBe(meant);
});

test.each(['zebra', 'x', '', 'p'.repeat(200)])('"%s" is near to nothing', (word) => {
  expect(closest(word, KEYS)).toBeUndefined();
});
