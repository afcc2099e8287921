import type { StreamLine } from '@baton/api';
import { expect, test } from 'vitest';
import { Followers } from './followers.ts';

const line = (type: string): StreamLine => ({ kind: 'journal', at: 0, type, payload: {} });

test('a follower reads what is published from the moment it follows', async () => {
  const followers = new Followers();
  const reader = followers.follow(new AbortController().signal);
  followers.publish(line('one'));
  const waiting = [await reader.next(), reader.next()] as const;
  followers.publish(line('two'));
  expect([waiting[0].value, (await waiting[1]).value]).toEqual([line('one'), line('two')]);
});

test('a follower that returns without ever having read is not kept', async () => {
  const followers = new Followers();
  const reader = followers.follow(new AbortController().signal);
  await reader.return?.();
  expect(followers.size).toBe(0);
});

test('a follower whose client went away is not kept, and stops waiting', async () => {
  const followers = new Followers();
  const gone = new AbortController();
  const waiting = followers.follow(gone.signal).next();
  gone.abort();
  expect((await waiting).done).toBe(true);
  expect(followers.size).toBe(0);
});

test('a reader that falls too far behind is let go, after what it was owed', async () => {
  const followers = new Followers();
  const reader = followers.follow(new AbortController().signal);
  for (let count = 0; count < 5_002; count += 1) followers.publish(line(String(count)));
  expect(followers.size).toBe(0);
  let read = 0;
  while ((await reader.next()).done !== true) read += 1;
  expect(read).toBe(5_000);
});
