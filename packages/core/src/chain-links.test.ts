import { expect, it } from 'vitest';
import { chainInput, GENESIS_HASH, GENESIS_HEAD, headFault, linkFault, sealEntry } from './chain.ts';

/** Not a hash, but as injective as one for these tests, and readable. */
const sha256 = (text: string): string => `#${text}#`;
const draft = (payload: number) => ({ stream: 's', type: 'n', at: 5, payload });
const first = sealEntry(GENESIS_HEAD, draft(1), sha256);
const second = sealEntry(first, draft(2), sha256);

it('seals an entry after its head: next place, the hash before it, the hash over both', () => {
  expect(GENESIS_HEAD).toEqual({ seq: 0, hash: GENESIS_HASH });
  expect(first).toEqual({
    ...draft(1),
    seq: 1,
    previousHash: GENESIS_HASH,
    hash: sha256(chainInput(GENESIS_HASH, 1, draft(1))),
  });
  expect(second).toMatchObject({ seq: 2, previousHash: first.hash, hash: sha256(chainInput(first.hash, 2, draft(2))) });
});

it('seals only what an entry says', () => {
  const wide = { ...draft(1), text: 'not part of it' };
  expect(sealEntry(GENESIS_HEAD, wide, sha256)).toEqual(first);
});

it('finds no fault in an entry that follows', () => {
  expect(linkFault(GENESIS_HEAD, first, sha256)).toBeUndefined();
  expect(linkFault(first, second, sha256)).toBeUndefined();
});

it('names the place that is missing, not the one that stands there', () => {
  expect(linkFault(GENESIS_HEAD, second, sha256)).toEqual({
    stream: 's',
    seq: 1,
    problem: 'entry 1 is missing: entry 2 follows entry 0',
  });
});

it('finds an entry of another chain, and one whose text or hash was changed', () => {
  const elsewhere = { seq: 1, hash: 'another' };
  expect(linkFault(elsewhere, second, sha256)).toMatchObject({
    seq: 2,
    problem: expect.stringMatching(/does not name the hash of entry 1/),
  });
  for (const change of [{ payload: 3 }, { type: 'x' }, { at: 6 }, { hash: 'x' }, { stream: 't' }]) {
    expect(linkFault(first, { ...second, ...change }, sha256)).toMatchObject({
      seq: 2,
      problem: expect.stringMatching(/was changed/),
    });
  }
});

it('compares the end of a chain with its recorded head', () => {
  expect(headFault('s', second, { seq: 2, hash: second.hash })).toBeUndefined();
  expect(headFault('s', GENESIS_HEAD, GENESIS_HEAD)).toBeUndefined();
  expect(headFault('s', first, second)).toEqual({
    stream: 's',
    seq: 2,
    problem: 'the journal was cut: it ends at entry 1, its head says 2',
  });
  expect(headFault('s', second, first)).toEqual({
    stream: 's',
    seq: 2,
    problem: 'entry 2 stands past the head, which says 1',
  });
  expect(headFault('s', second, { seq: 2, hash: 'x' })).toEqual({
    stream: 's',
    seq: 2,
    problem: 'the head names another hash for entry 2',
  });
});
