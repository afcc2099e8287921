import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { identityOf, type ProcessIdentity, readBootId } from '../proc/index.ts';
import { PortLeases } from './port-lease.ts';

let folder: string;
const self = identityOf(process.pid) as ProcessIdentity;
const dead: ProcessIdentity = { ...self, startTime: self.startTime + 1 };
const range = { from: 31_400, to: 31_439 };
const leases = (launcher = self, boot = readBootId(), over = range): PortLeases =>
  new PortLeases(join(folder, 'leases'), over, boot, launcher);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'target-process-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('two daemons that ask at once never get the same port', async () => {
  const [one, other] = [leases(), leases()];
  const asks = Array.from({ length: 20 }, (_, n) =>
    (n % 2 === 0 ? one : other).lease('aaaa', join(folder, `no-record-${n}`), 2),
  );
  const ports = (await Promise.all(asks)).flat();
  expect(ports).toHaveLength(40);
  expect(new Set(ports).size).toBe(40);
});

test('a port on which a stranger listens is passed over', async () => {
  const stranger = createServer();
  stranger.listen(range.from, '127.0.0.1');
  await once(stranger, 'listening');
  const ports = await leases().lease('00000000', join(folder, 'none'), 3);
  stranger.close();
  expect(ports).toEqual([range.from + 1, range.from + 2, range.from + 3]);
});

test('when all are given out the error says what to do, and what was taken is given back', async () => {
  const few = leases(self, readBootId(), { from: 31_450, to: 31_451 });
  await expect(few.lease('aa', join(folder, 'none'), 3)).rejects.toMatchObject({ code: 'no-free-port' });
  expect(await few.lease('aa', join(folder, 'none'), 2)).toHaveLength(2);
});

test('a lease outlives its daemon while the instance may run, and no longer', async () => {
  const one = { from: 31_460, to: 31_460 };
  const record = join(folder, 'record.json');
  const take = (launcher: ProcessIdentity): Promise<readonly number[]> =>
    leases(launcher, readBootId(), one).lease('aa', record, 1);
  await take(dead);
  writeFileSync(record, JSON.stringify({ process: self, death: null }));
  await expect(take(self)).rejects.toMatchObject({ code: 'no-free-port' });
  writeFileSync(record, JSON.stringify({ process: null, death: null }));
  await expect(take(self)).rejects.toMatchObject({ code: 'no-free-port' });
  writeFileSync(record, JSON.stringify({ process: dead, death: null }));
  expect(await take(dead)).toEqual([31_460]);
  rmSync(record);
  expect(await take(self)).toEqual([31_460]);
});

test("leases of an earlier boot count for nothing, and somebody else's is not given back", async () => {
  const one = { from: 31_470, to: 31_470 };
  const record = join(folder, 'none');
  await leases(self, 'an-earlier-boot', one).lease('aa', record, 1);
  const now = leases(self, readBootId(), one);
  expect(await now.lease('bb', record, 1)).toEqual([31_470]);
  now.release(31_470, 'aa');
  await expect(now.lease('cc', record, 1)).rejects.toMatchObject({ code: 'no-free-port' });
  now.release(31_470, 'bb');
  expect(await now.lease('cc', record, 1)).toEqual([31_470]);
});
