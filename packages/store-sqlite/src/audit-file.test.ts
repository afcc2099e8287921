import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GENESIS_HASH } from '@baton/core';
import { expect, it } from 'vitest';
import { tamperWith, temporaryDirectory } from '../test/sqlite-fixture.ts';
import { auditFile } from './audit-file.ts';
import { openSqliteStore } from './open-sqlite-store.ts';

const written = async (file: string, streams: Readonly<Record<string, number>>) => {
  const store = await openSqliteStore({ file });
  for (const [stream, length] of Object.entries(streams)) {
    const append = Array.from({ length }, (_, i) => ({ stream, type: 'n', at: i, payload: i }));
    await store.transact({ append, writes: [{ key: stream, expectedVersion: 0, value: 'v'.repeat(300) }] });
  }
  return store;
};

it('finds a whole store whole, stream by stream, and changes no byte of it', async () => {
  using directory = temporaryDirectory();
  const store = await written(directory.file, { a: 3, b: 1_200 });
  const [last] = await store.readJournal('b', 1_199, 1);
  await store.close();
  const bytes = readFileSync(directory.file);
  const audit = await auditFile(directory.file);
  expect(audit).toMatchObject({ file: directory.file, ok: true, problems: [] });
  expect(audit.streams.map(({ stream, entries, fault }) => [stream, entries, fault])).toEqual([
    ['a', 3, undefined],
    ['b', 1_200, undefined],
  ]);
  expect(audit.streams[1]?.hash).toBe(last?.hash);
  expect(readFileSync(directory.file)).toEqual(bytes);
  const beside = readdirSync(directory.path).map((name) => [name, statSync(join(directory.path, name)).mode & 0o777]);
  expect(beside.every(([, mode]) => mode === 0o600)).toBe(true);
  expect(statSync(`${directory.file}-wal`, { throwIfNoEntry: false })?.size ?? 0).toBe(0);
});

it('checks a store that is in use, with what has not yet left its log', async () => {
  using directory = temporaryDirectory();
  const store = await written(directory.file, { a: 2 });
  expect(await auditFile(directory.file)).toMatchObject({ ok: true, streams: [{ stream: 'a', entries: 2 }] });
  await store.transact({ append: [{ stream: 'a', type: 'n', at: 0, payload: 0 }] });
  expect(await auditFile(directory.file)).toMatchObject({ ok: true, streams: [{ stream: 'a', entries: 3 }] });
  await store.close();
});

it('says how far a chain is whole and where it breaks, and goes on with the others', async () => {
  using directory = temporaryDirectory();
  await (await written(directory.file, { a: 5, b: 4, c: 1 })).close();
  tamperWith(directory.file, "UPDATE journal SET payload = '9' WHERE stream = 'a' AND seq = 4");
  tamperWith(directory.file, "DELETE FROM journal WHERE stream = 'b'");
  const audit = await auditFile(directory.file);
  expect(audit.ok).toBe(false);
  expect(audit.problems).toEqual([]);
  expect(audit.streams).toEqual([
    {
      stream: 'a',
      entries: 3,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      fault: expect.objectContaining({ seq: 4 }),
    },
    { stream: 'b', entries: 0, hash: GENESIS_HASH, fault: expect.objectContaining({ seq: 1 }) },
    { stream: 'c', entries: 1, hash: expect.any(String), fault: undefined },
  ]);
});

it('lists what SQLite finds wrong with the file itself', async () => {
  using directory = temporaryDirectory();
  await (await written(directory.file, { a: 1 })).close();
  // A page of zeros past the end that the header counts: every tree is whole, and yet the page belongs to none.
  const bytes = readFileSync(directory.file);
  bytes.writeUInt32BE(bytes.readUInt32BE(28) + 1, 28);
  writeFileSync(directory.file, Buffer.concat([bytes, Buffer.alloc(4_096)]));
  const audit = await auditFile(directory.file);
  expect(audit.ok).toBe(false);
  expect(audit.problems).toEqual([expect.stringMatching(/never used/)]);
  expect(audit.streams).toMatchObject([{ stream: 'a', fault: undefined }]);
});

it('refuses what is no store: nothing, an empty file, garbage, another database, a later schema', async () => {
  using directory = temporaryDirectory();
  const { file } = directory;
  await expect(auditFile(file)).rejects.toMatchObject({ code: 'store-missing' });
  expect(existsSync(file)).toBe(false);
  writeFileSync(file, '');
  await expect(auditFile(file)).rejects.toMatchObject({ code: 'store-missing' });
  writeFileSync(file, 'garbage '.repeat(1_000));
  await expect(auditFile(file)).rejects.toMatchObject({ code: 'store-corrupt' });
  writeFileSync(file, '');
  tamperWith(file, 'CREATE TABLE theirs (x)');
  await expect(auditFile(file)).rejects.toMatchObject({ code: 'store-corrupt' });
  tamperWith(file, 'DROP TABLE theirs');
  await expect(auditFile(file)).rejects.toMatchObject({
    code: 'store-corrupt',
    message: expect.stringContaining('no tables'),
  });
  tamperWith(file, 'PRAGMA application_id = 0x4241544f');
  tamperWith(file, 'PRAGMA user_version = 2');
  await expect(auditFile(file)).rejects.toMatchObject({ code: 'store-too-new' });
});
