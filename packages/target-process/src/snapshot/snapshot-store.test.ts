import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Layout } from '../disk/index.ts';
import { clock, Place, scope } from '../testing/place.ts';
import { SnapshotStore } from './snapshot-store.ts';

const BOUNDS = { maxEntries: 1000, maxBytes: 10 * 2 ** 20 };
let place: Place;
let store: SnapshotStore;

const storeAt = (stateDir: string): SnapshotStore => {
  const layout = new Layout(stateDir);
  layout.create();
  return new SnapshotStore(layout, BOUNDS, clock);
};

beforeEach(() => {
  place = new Place();
  store = storeAt(place.stateDir);
});
afterEach(() => place.remove());

const snapshots = (): readonly string[] =>
  readdirSync(join(place.stateDir, 'artefacts')).filter((name) => !name.startsWith('.'));

test('the same content is the same artefact, and is copied once', async () => {
  place.write('bot/bot.js', 'one');
  const service = place.service();
  const first = await store.pin(place.app(service), service);
  const again = await store.pin(place.app(service), service);
  expect(again).toEqual(first);
  expect(first.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(snapshots()).toHaveLength(1);
});

test('a release keeps its code when the tree is edited, and the edit is another release', async () => {
  place.write('bot/bot.js', 'one');
  const service = place.service();
  const first = await store.pin(place.app(service), service);
  place.write('bot/bot.js', 'two');
  const second = await store.pin(place.app(service), service);
  expect(second.digest).not.toBe(first.digest);
  expect(readFileSync(join(store.workingFolder(first.digest), 'bot.js'), 'utf8')).toBe('one');
  expect(readFileSync(join(store.workingFolder(second.digest), 'bot.js'), 'utf8')).toBe('two');
});

test('configuration and the executable bit are part of the digest, thresholds and times are not', async () => {
  place.write('bot/run', 'x');
  const service = place.service();
  const digest = async (over: Parameters<Place['service']>[0]): Promise<string> => {
    const changed = place.service(over);
    return (await store.pin(place.app(changed), changed)).digest;
  };
  const base = await digest({});
  expect(await digest({ environment: { A: '1' } })).not.toBe(base);
  expect(await digest({ command: ['sleep', '1'] })).not.toBe(base);
  expect(await digest({ health: { ...service.health, retries: 99 } })).toBe(base);
  place.write('bot/run', 'x');
  expect(await digest({})).toBe(base);
  await chmod(join(place.appRoot, 'bot/run'), 0o755);
  expect(await digest({})).not.toBe(base);
});

test('everything in a snapshot is read-only, executables stay executable', async () => {
  place.write('bot/sub/run', '#!/bin/sh', 0o755);
  place.write('bot/data.txt', 'x');
  const service = place.service();
  const cwd = store.workingFolder((await store.pin(place.app(service), service)).digest);
  const mode = (path: string): number => lstatSync(join(cwd, path)).mode & 0o777;
  expect([mode('.'), mode('sub'), mode('sub/run'), mode('data.txt')]).toEqual([0o555, 0o555, 0o555, 0o444]);
});

test('version control, excluded files and the state directory stay out', async () => {
  place.write('bot/.git/HEAD', 'x');
  place.write('bot/.dockerignore', 'tmp\n*.md\n!README.md\n');
  place.write('bot/tmp/x', 'x');
  place.write('bot/a.md', 'x');
  place.write('bot/README.md', 'x');
  const inside = storeAt(join(place.appRoot, 'bot/.baton'));
  const service = place.service();
  const cwd = inside.workingFolder((await inside.pin(place.app(service), service)).digest);
  expect(readdirSync(cwd).sort()).toEqual(['.dockerignore', 'README.md']);
});

test('a link within the context is kept, one that leads out is refused by name', async () => {
  place.write('bot/real.txt', 'x');
  symlinkSync('real.txt', join(place.appRoot, 'bot/inner'));
  const service = place.service();
  const cwd = store.workingFolder((await store.pin(place.app(service), service)).digest);
  expect(lstatSync(join(cwd, 'inner')).isSymbolicLink()).toBe(true);
  symlinkSync('../outside', join(place.appRoot, 'bot/outer'));
  await expect(store.pin(place.app(service), service)).rejects.toMatchObject({
    code: 'symlink-escapes',
    message: expect.stringContaining('bot/outer'),
  });
});

test('a link that leads out through another link is refused too', async () => {
  place.write('elsewhere/secret', 'x');
  place.write('bot/deep/x', 'x');
  symlinkSync('deep/../../elsewhere', join(place.appRoot, 'bot/a'));
  const service = place.service();
  await expect(store.pin(place.app(service), service)).rejects.toMatchObject({ code: 'symlink-escapes' });
});

test('release files keep their place beside the context', async () => {
  place.write('bot/bot.js', 'x');
  place.write('strategies/fast/a.json', '1');
  const service = place.service({ releaseFiles: [join(place.appRoot, 'strategies')] });
  const first = await store.pin(place.app(service), service);
  expect(readFileSync(join(store.workingFolder(first.digest), '../strategies/fast/a.json'), 'utf8')).toBe('1');
  place.write('strategies/fast/a.json', '2');
  expect((await store.pin(place.app(service), service)).digest).not.toBe(first.digest);
});

test('packages of the workspace above the context resolve from the copy, with its module type', async () => {
  place.write('package.json', '{"type":"module","scripts":{}}');
  place.write('node_modules/near/index.js', 'export default "workspace";');
  place.write('node_modules/near/package.json', '{"name":"near","type":"module","main":"index.js"}');
  place.write('bot/bot.js', 'import near from "near"; console.log(near);');
  const service = place.service();
  const pinned = await store.pin(place.app(service), service);
  const output = execFileSync(process.execPath, ['bot.js'], {
    cwd: store.workingFolder(pinned.digest),
    encoding: 'utf8',
  });
  expect(output).toBe('workspace\n');
  place.write('node_modules/.package-lock.json', '{"changed":true}');
  expect((await store.pin(place.app(service), service)).digest).not.toBe(pinned.digest);
});

test('own modules that image builds exclude are linked, not lost', async () => {
  place.write('bot/.dockerignore', 'node_modules');
  place.write('bot/node_modules/own/index.js', 'module.exports = "own";');
  place.write('bot/bot.js', 'console.log(require("own"));');
  const service = place.service();
  const cwd = store.workingFolder((await store.pin(place.app(service), service)).digest);
  expect(execFileSync(process.execPath, ['bot.js'], { cwd, encoding: 'utf8' })).toBe('own\n');
});

test('a tampered, shortened or missing file makes the artefact not whole, and pinning again mends it', async () => {
  place.write('bot/bot.js', 'good');
  const service = place.service();
  const pinned = await store.pin(place.app(service), service);
  expect(await store.isWhole(pinned.digest)).toBe(true);
  const file = join(store.workingFolder(pinned.digest), 'bot.js');
  await chmod(file, 0o644);
  writeFileSync(file, 'evil');
  await chmod(file, 0o444);
  expect(await store.isWhole(pinned.digest)).toBe(false);
  expect(await storeAt(place.stateDir).isWhole(pinned.digest)).toBe(false);
  expect((await store.pin(place.app(service), service)).digest).toBe(pinned.digest);
  expect(await store.isWhole(pinned.digest)).toBe(true);
  await chmod(store.workingFolder(pinned.digest), 0o755);
  rmSync(file);
  expect(await store.isWhole(pinned.digest)).toBe(false);
});

test('a manifest that was changed to fit a changed file is not believed', async () => {
  place.write('bot/bot.js', 'good');
  const service = place.service();
  const pinned = await store.pin(place.app(service), service);
  await chmod(pinned.artefact, 0o755);
  const manifest = join(pinned.artefact, 'manifest.json');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(/"sha256":"./, '"sha256":"_'));
  expect(await storeAt(place.stateDir).isWhole(pinned.digest)).toBe(false);
});

test('many pins at once, from two daemons, end in one whole artefact', async () => {
  for (let file = 0; file < 30; file += 1) place.write(`bot/ünï ${file}.txt`, String(file));
  const service = place.service();
  const stores = [store, storeAt(place.stateDir)];
  const pins = await Promise.all(
    [0, 1, 2, 3, 4, 5].map((n) => (stores[n % 2] as SnapshotStore).pin(place.app(service), service)),
  );
  expect(new Set(pins.map((pin) => pin.digest)).size).toBe(1);
  expect(snapshots()).toHaveLength(1);
  expect(await storeAt(place.stateDir).isWhole((pins[0] as (typeof pins)[0]).digest)).toBe(true);
  expect(readdirSync(join(place.stateDir, 'artefacts')).filter((name) => name.startsWith('.new'))).toEqual([]);
});

test('pruning keeps what is named, in use, or claimed by another scope', async () => {
  const service = place.service();
  const pinAs = async (environment: string, text: string): Promise<string> => {
    place.write('bot/bot.js', text);
    const app = place.app(service);
    return (await store.pin({ ...app, environment: { ...app.environment, name: environment } }, service)).digest;
  };
  const kept = await pinAs('local', 'kept');
  const shared = await pinAs('local', 'shared');
  await pinAs('staging', 'shared');
  const running = await pinAs('local', 'running');
  const gone = await pinAs('local', 'gone');
  const removed = await store.prune(scope, [kept], new Set([running.slice('sha256:'.length)]));
  expect(removed).toEqual([join(place.stateDir, 'artefacts', gone.slice('sha256:'.length))]);
  for (const digest of [kept, shared, running]) expect(await store.isWhole(digest)).toBe(true);
  expect(await store.isWhole(gone)).toBe(false);
  expect(existsSync(removed[0] as string)).toBe(false);
});

test('a context that is missing or far too large is a clear error, and leaves nothing behind', async () => {
  const absent = place.service({ context: join(place.appRoot, 'nowhere') });
  await expect(store.pin(place.app(absent), absent)).rejects.toMatchObject({
    code: 'context-unreadable',
    fault: 'user',
  });
  const small = new SnapshotStore(new Layout(place.stateDir), { maxEntries: 2, maxBytes: 10 }, clock);
  const service = place.service();
  place.write('bot/a', '12345678901');
  await expect(small.pin(place.app(service), service)).rejects.toMatchObject({ code: 'context-too-large' });
  expect(snapshots()).toEqual([]);
});

test('a service without a context gets an empty folder', async () => {
  const { context: _, ...service } = place.service();
  const cwd = store.workingFolder((await store.pin(place.app(service), service)).digest);
  expect(readdirSync(cwd)).toEqual([]);
});

test('a file of several mebibytes is copied whole', async () => {
  mkdirSync(join(place.appRoot, 'bot'), { recursive: true });
  const model = join(place.appRoot, 'bot/model.bin');
  for (let part = 0; part < 3; part += 1) appendFileSync(model, Buffer.alloc(2 ** 20, part));
  const service = place.service();
  const pinned = await store.pin(place.app(service), service);
  expect(readFileSync(join(store.workingFolder(pinned.digest), 'model.bin')).equals(readFileSync(model))).toBe(true);
  expect(await storeAt(place.stateDir).isWhole(pinned.digest)).toBe(true);
});
