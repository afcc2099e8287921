import { expect, it } from 'vitest';
import { InFlight } from './in-flight.ts';

const never = new AbortController().signal;

it('counts a request until its answer or its failure', async () => {
  const inFlight = new InFlight();
  const first = Promise.withResolvers<string>();
  const second = Promise.withResolvers<string>();
  void inFlight.track(first.promise);
  inFlight.track(second.promise).catch(() => undefined);
  expect(inFlight.read()).toEqual({ known: true, value: 2 });
  first.resolve('filled');
  second.reject(new Error('refused'));
  await inFlight.idle(never);
  expect(inFlight.read()).toEqual({ known: true, value: 0 });
});

it('is unknown while the fate of a request is in doubt, and known again when it is cleared', async () => {
  const inFlight = new InFlight();
  const clear = inFlight.doubt('order ait-1 timed out');
  inFlight.doubt('order ait-2 timed out');
  expect(inFlight.read()).toEqual({ known: false, reason: 'order ait-1 timed out (and 1 more)' });
  clear();
  clear();
  expect(inFlight.read()).toEqual({ known: false, reason: 'order ait-2 timed out' });
});

it('stops waiting for a doubt at the bound, without calling it over', async () => {
  const inFlight = new InFlight();
  inFlight.doubt('order ait-1 timed out');
  const bound = new AbortController();
  const waiting = inFlight.idle(bound.signal);
  bound.abort();
  await waiting;
  expect(inFlight.read()).toMatchObject({ known: false });
});
