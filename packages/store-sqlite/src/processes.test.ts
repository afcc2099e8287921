import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { seededRandom } from '@baton/testkit';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../test/sqlite-fixture.ts';
import { auditFile } from './audit-file.ts';
import { openSqliteStore } from './open-sqlite-store.ts';

const program = (name: string): string => join(import.meta.dirname, '..', 'test', name);
const run = promisify(execFile);

it('two processes at once: a counter adds up exactly, and no token is given twice', async () => {
  using directory = temporaryDirectory();
  const times = 150;
  const command = [program('counter-process.ts'), directory.file, String(times)];
  const outputs = await Promise.all([0, 1].map(() => run(process.execPath, command)));
  const tokens = outputs.flatMap(({ stdout }): number[] => JSON.parse(stdout).tokens);
  expect(tokens.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 2 * times }, (_, i) => i + 1));
  const store = await openSqliteStore({ file: directory.file, create: false });
  expect(await store.get('counter')).toEqual({ key: 'counter', version: 2 * times, value: 2 * times });
  expect(await store.readJournal('counter', 0, 1_000)).toHaveLength(2 * times);
  expect(await store.verifyJournal('counter')).toBeUndefined();
  await store.close();
});

const ROUNDS = 14;
const WRITERS = 4;

interface Writer {
  readonly name: string;
  readonly acknowledged: number;
}

/** Lets a writer write until it has printed `lines` lines, kills it at once, and reads what it had still printed. */
const killedAfter = async (file: string, name: string, lines: number, env: NodeJS.ProcessEnv): Promise<Writer> => {
  const child: ChildProcess = spawn(process.execPath, [program('writer-process.ts'), file, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  });
  if (child.stdout === null) throw new Error('a piped child has an output');
  const ended = once(child, 'exit');
  let acknowledged = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged = Number(line);
    if (acknowledged === lines) child.kill('SIGKILL');
  }
  const [, signal] = await ended;
  expect(signal).toBe('SIGKILL');
  return { name, acknowledged };
};

it(`${ROUNDS * WRITERS} kills in the middle of writes lose nothing that was acknowledged and leave nothing half-written`, async () => {
  using directory = temporaryDirectory();
  const random = seededRandom(20_261_121);
  const writers: Writer[] = [];
  // A process that ends by itself leaves its compiled modules to those that will not: they start in a third of the time.
  using cache = temporaryDirectory();
  const env = { ...process.env, NODE_COMPILE_CACHE: cache.path };
  await run(process.execPath, [program('counter-process.ts'), directory.file, '1'], { env });
  for (let round = 0; round < ROUNDS; round += 1) {
    const names = Array.from({ length: WRITERS }, (_, i) => `${round}-${i}`);
    const killed = names.map((name) => killedAfter(directory.file, name, 1 + random.below(12), env));
    writers.push(...(await Promise.all(killed)));
  }

  const store = await openSqliteStore({ file: directory.file, create: false });
  const entries = await store.readJournal('shared', 0, 1_000_000);
  const counts = Map.groupBy(
    entries.map(({ payload }) => payload as { name: string; count: number }),
    ({ name }) => name,
  );
  for (const { name, acknowledged } of writers) {
    const record = await store.get(`writer/${name}`);
    const stored = Number(record?.value);
    // One more than was acknowledged may be there: the write whose answer the kill cut off.
    expect([acknowledged, acknowledged + 1]).toContain(stored);
    expect(record?.version).toBe(stored);
    expect(counts.get(name)?.map(({ count }) => count)).toEqual(Array.from({ length: stored }, (_, i) => i + 1));
  }
  expect(writers).toHaveLength(ROUNDS * WRITERS);
  expect(await store.verifyJournal('shared')).toBeUndefined();
  expect((await store.acquireLock('lock/0-0', 'next', 2_000, 1, '')).ok).toBe(true);
  await store.close();
  expect(await auditFile(directory.file)).toMatchObject({
    ok: true,
    streams: [{ entries: 1 }, { entries: entries.length }],
  });
}, 60_000);
