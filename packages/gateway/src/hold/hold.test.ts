import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServiceTraffic, type Waiting } from './index.ts';

const BOUNDS = { maxMs: 1_000, maxRequests: 2, maxBytes: 100 };

const waiting = (heldBytes = 10): Waiting & { readonly went: () => boolean } => {
  let gone = false;
  return {
    heldBytes,
    proceed: () => {
      gone = true;
    },
    went: () => gone,
  };
};

describe('a hold', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const held = (bounds = BOUNDS): ServiceTraffic => {
    const service = new ServiceTraffic('shop/local', 'web');
    service.beginHold(bounds, 1, Date.now() + bounds.maxMs, Date.now());
    return service;
  };

  it('lets all go on when it is released and says how long they waited', () => {
    const service = held();
    const [a, b] = [waiting(), waiting()];
    service.hold?.enter(a);
    vi.advanceTimersByTime(40);
    service.hold?.enter(b);
    vi.advanceTimersByTime(2);
    expect(service.endHold()).toEqual({ released: 2, maxHeldMs: 42 });
    expect([a.went(), b.went()]).toEqual([true, true]);
    expect(service.heldTotal).toBe(2);
  });

  it('takes no more requests than its bound', () => {
    const service = held();
    expect([1, 2, 3].map(() => service.hold?.enter(waiting()))).toEqual([true, true, false]);
  });

  it('takes no more bytes than its bound, and gives back those of a client that left', () => {
    const service = held();
    const large = waiting(95);
    expect(service.hold?.enter(large)).toBe(true);
    expect(service.hold?.enter(waiting(6))).toBe(false);
    service.hold?.leave(large);
    expect(service.hold?.enter(waiting(6))).toBe(true);
    service.endHold();
    expect(large.went()).toBe(false);
  });

  it('ends by itself at its bound', () => {
    const service = held();
    const request = waiting();
    service.hold?.enter(request);
    vi.advanceTimersByTime(999);
    expect(request.went()).toBe(false);
    vi.advanceTimersByTime(1);
    expect(request.went()).toBe(true);
    expect(service.hold).toBeUndefined();
  });

  it('is not made longer by asking twice, but by a newer driver', () => {
    const service = held();
    vi.advanceTimersByTime(600);
    service.beginHold(BOUNDS, 1, Date.now() + 1_000, Date.now());
    vi.advanceTimersByTime(399);
    expect(service.hold).toBeDefined();
    service.beginHold(BOUNDS, 2, Date.now() + 1_000, Date.now());
    vi.advanceTimersByTime(999);
    expect(service.hold).toBeDefined();
    vi.advanceTimersByTime(1);
    expect(service.hold).toBeUndefined();
  });

  it('is no longer than its bound where the clock was set back', () => {
    const service = new ServiceTraffic('shop/local', 'web');
    service.beginHold(BOUNDS, 1, Date.now() + 3_600_000, Date.now());
    vi.advanceTimersByTime(1_000);
    expect(service.hold).toBeUndefined();
  });
});
