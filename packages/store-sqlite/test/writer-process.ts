/**
 * Writes for as long as it lives: a record with compare-and-swap and a journal entry, under a lock of its own.
 * Each number is printed only after the store acknowledged it. Arguments: file, name.
 */
import { writeSync } from 'node:fs';
import { openSqliteStore } from '../src/index.ts';

const [file = '', name = ''] = process.argv.slice(2);
const STDOUT = 1;
const store = await openSqliteStore({ file, busyTimeoutMs: 20_000 });
const { fencingToken } = await store.stealLock(`lock/${name}`, name, 0, 1_000, 'writes');
for (let count = 0; ; count += 1) {
  const result = await store.transact({
    writes: [{ key: `writer/${name}`, expectedVersion: count, value: count + 1 }],
    append: [{ stream: 'shared', type: 'count', at: count, payload: { name, count: count + 1 } }],
    fence: { lock: `lock/${name}`, fencingToken },
  });
  if (!result.ok) throw new Error(`refused: ${result.reason}`);
  // Straight to the pipe: a line that is printed was acknowledged, whatever happens to the process next.
  writeSync(STDOUT, `${count + 1}\n`);
}
