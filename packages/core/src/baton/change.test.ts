import { describe, expect, test } from 'vitest';
import { instanceId } from '../names.ts';
import type { DeathProof } from '../ports/target.ts';
import { type BatonChange, type BatonRefusal, changeBaton, type Proof } from './change.ts';
import { type BatonRecord, batonKey, emptyBaton, type Holder } from './record.ts';

const holder = (name: string, more: Partial<Holder> = {}): Holder => ({
  instance: instanceId(name),
  service: 'bot',
  slot: 'blue',
  release: 1,
  scope: 'app/local',
  ...more,
});

const death = (name: string, method: DeathProof['method'] = 'cgroup-empty'): Proof => ({
  kind: 'death',
  death: { instance: instanceId(name), handle: '', method, weak: false, note: '', at: 0 },
});

const record = (more: Partial<BatonRecord>): BatonRecord => ({ ...emptyBaton('account/a'), epoch: 3, ...more });
const held = record({ token: 7, holder: holder('old') });
const revoked = record({ token: 8, unproven: holder('old') });
const checkpoint = { state: { n: 1 }, takenAt: 5, format: 'json' };
const latch = { setAt: 1, by: 'a person', reason: 'because' };

const refusalOf = (from: BatonRecord, change: BatonChange, epoch = 3, scope?: string): BatonRefusal | undefined => {
  const result = changeBaton(from, change, epoch, scope);
  return result.ok ? undefined : result.refusal;
};
const after = (from: BatonRecord, change: BatonChange, epoch = 3, scope?: string): BatonRecord => {
  const result = changeBaton(from, change, epoch, scope);
  if (!result.ok) throw new Error(`refused: ${result.refusal}`);
  return result.record;
};

describe('a grant', () => {
  const grant = (name: string, proof?: Proof): BatonChange =>
    proof === undefined ? { kind: 'grant', holder: holder(name) } : { kind: 'grant', holder: holder(name), proof };

  test('names one holder under a higher token, and clears the last one', () => {
    expect(after(revoked, grant('new', death('old')))).toMatchObject({
      token: 9,
      holder: { instance: 'new' },
      unproven: null,
    });
  });
  test('is refused while the latch is set', () => {
    expect(refusalOf(record({ latch }), grant('new'))).toBe('latched');
  });
  test('is refused while another holds', () => {
    expect(refusalOf(held, grant('new'))).toBe('already-held');
  });
  test('is refused without a proof that the last holder cannot act', () => {
    expect(refusalOf(revoked, grant('new'))).toBe('last-holder-unproven');
  });
  test('is refused on the proof of another instance', () => {
    expect(refusalOf(revoked, grant('new', death('somebody')))).toBe('proof-of-another');
  });
  test('is refused on the word of a living instance that is not the one granted', () => {
    const word: Proof = { kind: 'same-instance', instance: instanceId('old'), floor: 8 };
    expect(refusalOf(revoked, grant('new', word))).toBe('last-holder-unproven');
  });
  test('is refused to the same instance while its floor is below the revoke', () => {
    const word: Proof = { kind: 'same-instance', instance: instanceId('old'), floor: 7 };
    expect(refusalOf(revoked, grant('old', word))).toBe('last-holder-unproven');
  });
  test('goes back to the same instance once its floor rose to the revoke', () => {
    const word: Proof = { kind: 'same-instance', instance: instanceId('old'), floor: 8 };
    expect(after(revoked, grant('old', word))).toMatchObject({ token: 9, holder: { instance: 'old' } });
  });
  test('takes the word of a person who was asked', () => {
    const word: Proof = { kind: 'operator', instance: instanceId('old'), by: 'p', question: 'prove/old' };
    expect(after(revoked, grant('new', word)).holder?.instance).toBe('new');
  });
});

describe('a revoke', () => {
  test('leaves nobody, raises the token, and keeps the last holder until it is proven', () => {
    expect(after(held, { kind: 'revoke' })).toMatchObject({ token: 8, holder: null, unproven: { instance: 'old' } });
  });
  test('carries the last checkpoint with it', () => {
    const taken = { checkpoint, from: instanceId('old') };
    expect(after(held, { kind: 'revoke', checkpoint: taken }).checkpoint).toEqual({ ...checkpoint, from: 'old' });
  });
  test('asked twice raises the token once, and forgets nobody', () => {
    expect(after(revoked, { kind: 'revoke' })).toMatchObject({ token: 8, unproven: { instance: 'old' } });
  });
});

describe('a checkpoint', () => {
  test('is kept from the holder alone', () => {
    expect(after(held, { kind: 'checkpoint', checkpoint, from: instanceId('old') }).checkpoint?.from).toBe('old');
    expect(refusalOf(held, { kind: 'checkpoint', checkpoint, from: instanceId('new') })).toBe('not-the-holder');
    expect(refusalOf(revoked, { kind: 'checkpoint', checkpoint, from: instanceId('old') })).toBe('not-the-holder');
  });
});

describe('a proof', () => {
  test('clears the last holder, and nobody else', () => {
    expect(after(revoked, { kind: 'prove', proof: death('old') })).toMatchObject({ unproven: null, holder: null });
    expect(refusalOf(revoked, { kind: 'prove', proof: death('new') })).toBe('proof-of-another');
  });
  test('cannot be the word of a living instance where nobody is granted', () => {
    const word: Proof = { kind: 'same-instance', instance: instanceId('old'), floor: 8 };
    expect(refusalOf(revoked, { kind: 'prove', proof: word })).toBe('last-holder-unproven');
  });
});

describe('the latch', () => {
  test('leaves nobody under a higher token, whatever the epoch', () => {
    expect(after(held, { kind: 'latch', latch }, 0)).toMatchObject({
      token: 8,
      holder: null,
      unproven: { instance: 'old' },
      latch,
      epoch: 3,
    });
  });
  test('set twice keeps its first reason and the last holder', () => {
    const twice = after(after(held, { kind: 'latch', latch }), { kind: 'latch', latch: { ...latch, reason: 'again' } });
    expect(twice).toMatchObject({ latch: { reason: 'because' }, unproven: { instance: 'old' } });
  });
  test('is cleared by arm, which names nobody', () => {
    expect(after(record({ latch, token: 8 }), { kind: 'arm' })).toMatchObject({ latch: null, holder: null, token: 8 });
  });
});

describe('the epoch', () => {
  const kinds: readonly BatonChange[] = [
    { kind: 'revoke' },
    { kind: 'grant', holder: holder('new') },
    { kind: 'prove', proof: death('old') },
    { kind: 'checkpoint', checkpoint, from: instanceId('old') },
  ];
  test.each(kinds)('of an older driver of the same scope is refused: $kind', (change) => {
    const seen = { ...held, epochScope: 'app/local' };
    expect(refusalOf(seen, change, 2, 'app/local')).toBe('stale-epoch');
  });
  test('of another scope is not compared: each counts its drivers for itself', () => {
    const free = record({ token: 8, epoch: 50, epochScope: 'app/docker' });
    expect(after(free, { kind: 'grant', holder: holder('new') }, 1, 'app/local')).toMatchObject({
      epoch: 1,
      epochScope: 'app/local',
    });
  });
  test('rises with every change', () => {
    expect(after(held, { kind: 'revoke' }, 9, 'app/local')).toMatchObject({ epoch: 9, epochScope: 'app/local' });
  });
});

describe('an account that another environment trades', () => {
  const elsewhere = record({ token: 7, holder: holder('old', { scope: 'app/docker' }) });
  const unproven = record({ token: 8, unproven: holder('old', { scope: 'app/docker' }) });
  test('can be neither revoked, nor proven free, nor granted here', () => {
    expect(refusalOf(elsewhere, { kind: 'revoke' }, 3, 'app/local')).toBe('held-elsewhere');
    expect(refusalOf(unproven, { kind: 'prove', proof: death('old') }, 3, 'app/local')).toBe('held-elsewhere');
    const grant: BatonChange = { kind: 'grant', holder: holder('new'), proof: death('old') };
    expect(refusalOf(unproven, grant, 3, 'app/local')).toBe('held-elsewhere');
  });
  test('is latched from here all the same', () => {
    expect(after(elsewhere, { kind: 'latch', latch }, 3)).toMatchObject({ holder: null, latch });
  });
});

test('the key of a baton is its account, and its service where none is traded', () => {
  expect(batonKey('app/local', 'bot', 'main')).toBe('account/main');
  expect(batonKey('app/local', 'bot', undefined)).toBe('service/app/local/bot');
});
