/**
 * Raises one shared counter, again and again, by reading it and writing it back with compare-and-swap; and takes
 * one shared lock as often. Prints the tokens and the conflicts it met as JSON. Arguments: file, times.
 */
import { openSqliteStore } from '../src/index.ts';

const [file = '', times = '0'] = process.argv.slice(2);
const store = await openSqliteStore({ file, busyTimeoutMs: 20_000 });
const tokens: number[] = [];
let conflicts = 0;

const raise = async (): Promise<void> => {
  const found = await store.get('counter');
  const result = await store.transact({
    writes: [{ key: 'counter', expectedVersion: found?.version ?? 0, value: Number(found?.value ?? 0) + 1 }],
    append: [{ stream: 'counter', type: 'raised', at: 0, payload: process.pid }],
  });
  if (result.ok) return;
  conflicts += 1;
  await raise();
};

for (let i = 0; i < Number(times); i += 1) {
  await raise();
  tokens.push((await store.stealLock('shared', String(process.pid), 0, 1_000, '')).fencingToken);
}
await store.close();
process.stdout.write(JSON.stringify({ tokens, conflicts }));
