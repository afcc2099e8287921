import { describe, expect, it } from 'vitest';
import { fakeClock } from './fake-clock.ts';

describe('the fake clock', () => {
  it('stands still until it is moved', () => {
    const clock = fakeClock({ wallMs: 1_000, monotonicMs: 5 });
    expect([clock.wallMs(), clock.monotonicMs(), clock.wallMs()]).toEqual([1_000, 5, 1_000]);
    expect(fakeClock().wallMs()).toBe(Date.UTC(2026, 0, 1));
  });

  it('moves both clocks by the same duration', async () => {
    const clock = fakeClock({ wallMs: 1_000 });
    await clock.advance(250);
    expect([clock.wallMs(), clock.monotonicMs()]).toEqual([1_250, 250]);
  });

  it('wakes sleepers earliest first, those of one moment in the order they lay down, each at its own time', async () => {
    const clock = fakeClock({ wallMs: 0 });
    const woken: string[] = [];
    const sleeper = async (name: string, ms: number) => {
      await clock.sleep(ms);
      woken.push(`${name}@${clock.monotonicMs()}/${clock.wallMs()}`);
    };
    const all = [sleeper('c', 30), sleeper('a', 10), sleeper('b', 10), sleeper('late', 31)];
    expect(clock.sleepers()).toBe(4);
    await clock.advance(30);
    expect(woken).toEqual(['a@10/10', 'b@10/10', 'c@30/30']);
    expect(clock.sleepers()).toBe(1);
    await clock.advance(1);
    await Promise.all(all);
    expect(woken.at(-1)).toBe('late@31/31');
  });

  it('wakes in one advance whoever lies down again on the way', async () => {
    const clock = fakeClock();
    const ticks: number[] = [];
    const loop = (async () => {
      while (ticks.length < 5) {
        await clock.sleep(10);
        ticks.push(clock.monotonicMs());
      }
    })();
    await clock.advance(50);
    await loop;
    expect(ticks).toEqual([10, 20, 30, 40, 50]);
    expect(clock.monotonicMs()).toBe(50);
  });

  it('does not sleep for no time', async () => {
    const clock = fakeClock();
    await clock.sleep(0);
    await clock.sleep(-1);
    expect(clock.sleepers()).toBe(0);
  });

  it('ends a sleep with the reason of its signal, and forgets the sleeper', async () => {
    const clock = fakeClock();
    const controller = new AbortController();
    const sleep = clock.sleep(10, controller.signal);
    controller.abort(new Error('enough'));
    await expect(sleep).rejects.toThrow('enough');
    expect(clock.sleepers()).toBe(0);
    await expect(clock.sleep(10, controller.signal)).rejects.toThrow('enough');
    expect(clock.sleepers()).toBe(0);
  });

  it('advances to the earliest sleeper, and says where nobody sleeps', async () => {
    const clock = fakeClock();
    expect(await clock.advanceToNext()).toBe(false);
    const both = [clock.sleep(40), clock.sleep(15)];
    expect(await clock.advanceToNext()).toBe(true);
    expect(clock.monotonicMs()).toBe(15);
    expect(await clock.advanceToNext()).toBe(true);
    await Promise.all(both);
    expect(clock.monotonicMs()).toBe(40);
  });

  it('steps the wall clock alone, back too, and nobody wakes', async () => {
    const clock = fakeClock({ wallMs: 10_000 });
    const sleep = clock.sleep(10);
    clock.shiftWall(-3_600_000);
    expect([clock.wallMs(), clock.monotonicMs(), clock.sleepers()]).toEqual([10_000 - 3_600_000, 0, 1]);
    await clock.advance(10);
    await sleep;
  });

  it('boots anew with another id, monotonic time from 0 and nobody asleep', async () => {
    const clock = fakeClock({ wallMs: 0 });
    const before = clock.bootId();
    await clock.advance(500);
    void clock.sleep(10);
    clock.reboot();
    expect(clock.bootId()).not.toBe(before);
    expect([clock.monotonicMs(), clock.wallMs(), clock.sleepers()]).toEqual([0, 500, 0]);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('refuses to advance by %d', async (ms) => {
    await expect(fakeClock().advance(ms)).rejects.toMatchObject({ code: 'invariant-broken' });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('refuses to sleep for %d', async (ms) => {
    await expect(fakeClock().sleep(ms)).rejects.toMatchObject({ code: 'invariant-broken' });
  });
});
