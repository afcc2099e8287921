import { expect, it } from 'vitest';
import { rehearse } from './rehearsal.ts';

it('walks through whole handovers, each call of which is answered with 200', async () => {
  const statuses = await rehearse();
  expect(statuses.length).toBe(5 * 23);
  expect(new Set(statuses)).toEqual(new Set([200]));
});
