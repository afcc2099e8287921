import { describe, expect, it } from 'vitest';
import type { StreamEnd } from './stream-ledger.ts';
import { StreamLedger } from './stream-ledger.ts';
import { Tally } from './tally.ts';

const END: StreamEnd = {
  kind: 'web-socket',
  singleton: false,
  release: '1',
  openedMs: 100,
  endedMs: 2_000,
  byClient: false,
  clean: true,
  code: 1012,
  detail: 'closed',
};

describe('the end of a stream', () => {
  const judged = (end: Partial<StreamEnd>, ...notes: Parameters<StreamLedger['noteDrain']>[0][]) => {
    const tally = new Tally(0);
    const ledger = new StreamLedger(tally);
    for (const note of notes) ledger.noteDrain(note);
    ledger.countEnd({ ...END, ...end });
    const { completed, cut, drained, closed1012 } = tally.streams;
    return { completed, cut, drained, closed1012 };
  };
  const none = { completed: 0, cut: 0, drained: 0, closed1012: 0 };

  it('is a cut where no drain was announced', () => expect(judged({})).toEqual({ ...none, cut: 1 }));
  it('is complete where the client ended it', () =>
    expect(judged({ byClient: true })).toEqual({ ...none, completed: 1 }));
  it('is a cut before the drain deadline', () =>
    expect(judged({}, { atMs: 1_000, deadlineMs: 1_001 })).toEqual({ ...none, cut: 1 }));
  it('is a drain from the deadline on', () =>
    expect(judged({}, { atMs: 1_000, deadlineMs: 1_000 })).toEqual({ ...none, drained: 1 }));
  it('is a cut where the stream was opened after the drain began', () =>
    expect(judged({ openedMs: 1_001 }, { atMs: 1_000, deadlineMs: 500 })).toEqual({ ...none, cut: 1 }));
  it('is a cut where another release is drained', () =>
    expect(judged({}, { atMs: 1_000, deadlineMs: 500, release: '2' })).toEqual({ ...none, cut: 1 }));
  it('is a cut where it was a reset, whatever was announced', () =>
    expect(judged({ clean: false, code: 1006 }, { atMs: 1_000, deadlineMs: 0 })).toEqual({ ...none, cut: 1 }));
  it('is counted apart for a replaced singleton', () =>
    expect(judged({ singleton: true })).toEqual({ ...none, closed1012: 1 }));
  it('is a cut for a singleton that was reset', () =>
    expect(judged({ singleton: true, clean: false, code: 1006 })).toEqual({ ...none, cut: 1 }));

  it('is judged again when the drain is announced after it, and its sample is taken back', () => {
    const tally = new Tally(0);
    const ledger = new StreamLedger(tally);
    ledger.countEnd(END);
    ledger.countEnd({ ...END, endedMs: 1_500 });
    expect(tally.report(3_000).samples).toHaveLength(2);
    ledger.noteDrain({ atMs: 1_000, deadlineMs: 900 });
    expect(tally.streams).toMatchObject({ cut: 1, drained: 1 });
    expect(tally.report(3_000).samples).toHaveLength(1);
  });
});
