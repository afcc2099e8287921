import { expect, test } from 'vitest';
import { Backoff } from './backoff.ts';

test('a service is started again at once, then ever later, and at once again after a good minute', () => {
  let now = 0;
  const backoff = new Backoff(() => now);
  expect(backoff.mayStart('bot')).toBe(true);
  backoff.started('bot');
  now = 499;
  expect(backoff.mayStart('bot')).toBe(false);
  now = 500;
  expect(backoff.mayStart('bot')).toBe(true);
  backoff.started('bot');
  now = 1_400;
  expect(backoff.mayStart('bot')).toBe(false);
  expect(backoff.mayStart('web')).toBe(true);
  now = 500 + 61_001;
  expect(backoff.mayStart('bot')).toBe(true);
  backoff.started('bot');
  now += 500;
  expect(backoff.mayStart('bot')).toBe(true);
});

test('no service waits longer than a minute', () => {
  let now = 0;
  const backoff = new Backoff(() => now);
  for (let count = 0; count < 30; count += 1) {
    now += 60_000;
    expect(backoff.mayStart('bot')).toBe(true);
    backoff.started('bot');
  }
});
