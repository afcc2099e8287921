import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../test/sqlite-fixture.ts';

const PROGRAM = join(import.meta.dirname, '..', 'test', 'small-disk-process.ts');

/** A mount namespace of the child's own: the disk is there for it alone, and gone when it ends. */
const IN_OWN_NAMESPACE = ['-rm', 'sh', '-ec'];
const ON_SMALL_DISK = 'mount -t tmpfs -o size=1m tmpfs "$1"; exec "$2" "$3" "$1"';
const possible = spawnSync('unshare', [...IN_OWN_NAMESPACE, 'mount -t tmpfs tmpfs /mnt']).status === 0;

const onSmallDisk = () => {
  using directory = temporaryDirectory();
  const command = [...IN_OWN_NAMESPACE, ON_SMALL_DISK, 'sh', directory.path, process.execPath, PROGRAM];
  return JSON.parse(execFileSync('unshare', command, { encoding: 'utf8' }));
};

it.skipIf(!possible)(
  'a full disk is a clear error that loses nothing, and a read-only one too (needs a mount namespace of its own)',
  () => {
    const seen = onSmallDisk();
    expect(seen.acknowledged).toBeGreaterThan(20);
    expect([seen.code, seen.again, seen.lock]).toEqual(['store-full', 'store-full', 'store-full']);
    const acknowledged = { records: seen.acknowledged, entries: seen.acknowledged, fault: null };
    expect(seen.whileFull).toEqual(acknowledged);
    expect(seen.openedWhileFull).toBe('ok');
    expect([seen.createdWhileFull, seen.createdAfterwards]).toEqual(['store-full', 'ok']);
    expect(seen.afterwards).toBe('ok');
    expect(seen.tokens).toEqual([1, 2]);
    expect(seen.atLast).toEqual({ ...acknowledged, records: seen.acknowledged + 1, entries: seen.acknowledged + 1 });
    const { opened, created, createdBelow, audit, untouched } = seen.readOnly;
    expect([opened, created, createdBelow]).toEqual(['store-read-only', 'store-read-only', 'store-read-only']);
    expect(audit).toMatchObject({ ok: true, problems: [], streams: [{ stream: 's', entries: seen.acknowledged + 1 }] });
    expect(untouched).toBe(true);
  },
);
