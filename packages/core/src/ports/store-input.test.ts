import { expect, it } from 'vitest';
import {
  checkJournalRange,
  checkStoreName,
  checkTransaction,
  lockExpiry,
  STORE_NAME_LENGTH,
  storedJson,
} from './store-input.ts';

const broken = expect.objectContaining({ code: 'invariant-broken', fault: 'bug' });

it('accepts names up to the limit, and says what is wrong with others', () => {
  expect(STORE_NAME_LENGTH).toBe(512);
  for (const name of ['a', 'app/local', 'naïve 💹', 'x'.repeat(512)]) checkStoreName(name);
  for (const name of ['', 'x'.repeat(513), 'a\0b', '\udc00']) expect(() => checkStoreName(name)).toThrow(broken);
  expect(() => checkStoreName('y'.repeat(900))).toThrow(`not "${'y'.repeat(64)}"`);
});

it('keeps a value as JSON, and refuses what has no JSON form', () => {
  expect(storedJson({ a: [1, null] })).toBe('{"a":[1,null]}');
  expect(() => storedJson(undefined as unknown as null)).toThrow(broken);
});

it('accepts a transaction of several records and entries, and an empty one', () => {
  checkTransaction({});
  checkTransaction({
    writes: [
      { key: 'a', expectedVersion: 0, value: 1 },
      { key: 'b', expectedVersion: 7, value: 1 },
    ],
    append: [{ stream: 's', type: 't', at: -1.5, payload: null }],
  });
});

it.each([
  ['a record twice', { writes: ['a', 'a'].map((key) => ({ key, expectedVersion: 0, value: 1 })) }],
  ['a record without a name', { writes: [{ key: '', expectedVersion: 0, value: 1 }] }],
  ['a version below 0', { writes: [{ key: 'a', expectedVersion: -1, value: 1 }] }],
  ['half a version', { writes: [{ key: 'a', expectedVersion: 0.5, value: 1 }] }],
  ['no stream', { append: [{ stream: '', type: 't', at: 0, payload: 1 }] }],
  ['no type', { append: [{ stream: 's', type: '', at: 0, payload: 1 }] }],
  ['no time', { append: [{ stream: 's', type: 't', at: Number.NaN, payload: 1 }] }],
])('refuses a transaction with %s', (_, transaction) => {
  expect(() => checkTransaction(transaction)).toThrow(broken);
});

it('reads a journal from a place from 0 on, up to a number from 0 on', () => {
  checkJournalRange(0, 0);
  checkJournalRange(5, 10);
  for (const [after, limit] of [
    [-1, 1],
    [0.5, 1],
    [0, -1],
    [0, 0.5],
    [0, Number.NaN],
  ] as const) {
    expect(() => checkJournalRange(after, limit)).toThrow(broken);
  }
});

it('ends a lock its duration after now, and holds none for no time', () => {
  expect(lockExpiry(1_000, 50)).toBe(1_050);
  expect(lockExpiry(-5, 0.5)).toBe(-4.5);
  for (const [now, ttl] of [
    [0, 0],
    [0, -1],
    [0, Number.POSITIVE_INFINITY],
    [Number.NaN, 1],
    [Number.POSITIVE_INFINITY, 1],
  ] as const) {
    expect(() => lockExpiry(now, ttl)).toThrow(broken);
  }
});
