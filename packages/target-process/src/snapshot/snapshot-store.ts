import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, statSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type App, BatonError, type Clock, type PinnedService, type Scope, type ServiceSpec } from '@baton/core';
import { type Layout, removeTree, syncFolder, writeDurably } from '../disk/index.ts';
import { copyEntry, inParallel, isUnchanged, readEntry } from './content.ts';
import { digestOf } from './digest.ts';
import { byPath, type Entry } from './entry.ts';
import { findSource, type Source } from './source.ts';
import type { SnapshotBounds } from './walk.ts';

/** From here one `sync -f` of the file system costs less than an fsync of every file. */
const SYNC_EACH_UP_TO = 64;
/** A half-made snapshot this old belongs to a process that died. */
const ABANDONED_MS = 60 * 60 * 1000;

interface Manifest {
  readonly digest: string;
  readonly identity: readonly string[];
  readonly entries: readonly Entry[];
}

const run = promisify(execFile);

/** The immutable copies of what was deployed, by digest, in `<state>/artefacts`. */
export class SnapshotStore {
  readonly #layout: Layout;
  readonly #bounds: SnapshotBounds;
  readonly #clock: Clock;
  /** Digests whose content was read once, with the times of their files: later only the times are compared. */
  readonly #verified = new Map<string, string>();

  constructor(layout: Layout, bounds: SnapshotBounds, clock: Clock) {
    this.#layout = layout;
    this.#bounds = bounds;
    this.#clock = clock;
  }

  /**
   * Copies what the service runs, or finds the copy that is there already.
   * @throws BatonError `context-unreadable`, `context-too-large`, `symlink-escapes`, `context-unstable`
   */
  async pin(app: App, service: ServiceSpec): Promise<PinnedService> {
    const source = await findSource(app, service, [this.#layout.root], this.#bounds);
    const scope = { app: app.name, environment: app.environment.name };
    const present = digestOf(await inParallel(source.entries, readEntry), source.identity);
    await this.#refer(scope, present);
    if (await this.isWhole(present)) return this.#pinned(service, present);
    const digest = await this.#copy(source, scope);
    return this.#pinned(service, digest);
  }

  /** True while every file of the artefact is what it was when it was pinned. Files added beside them do not count. */
  async isWhole(digest: string): Promise<boolean> {
    const folder = this.#layout.artefact(digest);
    const manifest = await this.#manifest(folder);
    if (manifest === undefined) return false;
    const signature = await signatureOf(folder, manifest.entries);
    if (signature !== undefined && this.#verified.get(manifest.digest) === signature) return true;
    if (manifest.digest !== basename(folder) || digestOf(manifest.entries, manifest.identity) !== manifest.digest)
      return false;
    const checks = await inParallel(manifest.entries, (entry) => isUnchanged(entry, folder));
    if (signature === undefined || !checks.every(Boolean)) return false;
    this.#verified.set(manifest.digest, signature);
    return true;
  }

  /**
   * The working directory of an artefact.
   * @throws BatonError `artefact-missing`
   */
  workingFolder(digest: string): string {
    const folder = this.#layout.artefact(digest);
    try {
      const { cwd } = JSON.parse(readFileSync(join(folder, 'artefact.json'), 'utf8')) as { readonly cwd: string };
      return join(folder, cwd);
    } catch (cause) {
      throw new BatonError('artefact-missing', `The snapshot ${digest} is not in ${this.#layout.artefacts}`, {
        hint: 'Deploy again from a tree that has this release, or roll back to another one.',
        cause,
      });
    }
  }

  /** Drops the scope's claims but those of `keep`, and what nobody claims or runs any more. */
  async prune(scope: Scope, keep: readonly string[], inUse: ReadonlySet<string>): Promise<readonly string[]> {
    const kept = new Set(keep.map((name) => basename(name).replace(/^sha256:/, '')));
    const folder = this.#layout.references(scope);
    const removed: string[] = [];
    for (const digest of await readdir(folder).catch(() => [])) {
      if (kept.has(digest) || inUse.has(digest)) continue;
      await rm(join(folder, digest), { force: true });
      if (await this.#removeUnclaimed(digest)) removed.push(this.#layout.artefact(digest));
    }
    await this.#removeAbandoned();
    return removed;
  }

  #pinned(service: ServiceSpec, digest: string): PinnedService {
    return { spec: service, digest: `sha256:${digest}`, artefact: this.#layout.artefact(digest) };
  }

  async #refer(scope: Scope, digest: string): Promise<void> {
    const folder = this.#layout.references(scope);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(join(folder, digest), '');
  }

  async #manifest(folder: string): Promise<Manifest | undefined> {
    try {
      return JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Manifest;
    } catch {
      return undefined;
    }
  }

  async #copy(source: Source, scope: Scope): Promise<string> {
    const temporary = join(this.#layout.artefacts, `.new-${randomUUID()}`);
    try {
      const entries = await writeTree(source, temporary);
      const digest = digestOf(entries, source.identity);
      await this.#refer(scope, digest);
      await writeDurably(join(temporary, 'artefact.json'), JSON.stringify({ digest, cwd: source.cwd }));
      const manifest: Manifest = { digest, identity: source.identity, entries };
      await writeDurably(join(temporary, 'manifest.json'), JSON.stringify(manifest));
      await closeFolders(temporary, entries);
      await this.#publish(temporary, digest);
      return digest;
    } catch (error) {
      await removeTree(temporary);
      throw error;
    }
  }

  /** One rename makes the snapshot visible, whole. Where another process was first, its copy stays. */
  async #publish(temporary: string, digest: string): Promise<void> {
    const folder = this.#layout.artefact(digest);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      try {
        await rename(temporary, folder);
        await syncFolder(this.#layout.artefacts);
        return;
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
      }
      if (await this.isWhole(digest)) return removeTree(temporary);
      // A damaged copy lies in the way: it is moved aside, never mended under a running program.
      await rename(folder, join(this.#layout.artefacts, `.gone-${randomUUID()}`)).catch(() => undefined);
    }
    throw new BatonError('artefact-unwritable', `The snapshot ${digest} could not be put in place`, {
      hint: 'Another process keeps changing the artefacts folder. Stop it and deploy again.',
    });
  }

  /**
   * Takes the artefact away first and asks for claims again then: a pin that claimed it meanwhile
   * either sees it missing and copies anew, or gets it back here.
   */
  async #removeUnclaimed(digest: string): Promise<boolean> {
    if (await this.#isClaimed(digest)) return false;
    const folder = this.#layout.artefact(digest);
    const gone = join(this.#layout.artefacts, `.gone-${randomUUID()}`);
    try {
      await rename(folder, gone);
    } catch {
      return false;
    }
    if (await this.#isClaimed(digest)) {
      const restored = await rename(gone, folder).then(
        () => true,
        () => false,
      );
      if (restored) return false;
    }
    this.#verified.delete(digest);
    await removeTree(gone);
    return true;
  }

  async #isClaimed(digest: string): Promise<boolean> {
    const root = join(this.#layout.artefacts, '.refs');
    for (const app of await readdir(root).catch(() => [])) {
      for (const environment of await readdir(join(root, app)).catch(() => [])) {
        if (existsSync(join(root, app, environment, digest))) return true;
      }
    }
    return false;
  }

  async #removeAbandoned(): Promise<void> {
    for (const name of await readdir(this.#layout.artefacts)) {
      if (!name.startsWith('.new-') && !name.startsWith('.gone-')) continue;
      const path = join(this.#layout.artefacts, name);
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat !== undefined && this.#clock.wallMs() - stat.ctimeMs > ABANDONED_MS) await removeTree(path);
    }
  }
}

/** Entries looked at before others get their turn. */
const STATS_AT_ONCE = 500;

/** Inode, size and change time of every entry, hashed; the change time cannot be set by a program. */
const signatureOf = async (folder: string, entries: readonly Entry[]): Promise<string | undefined> => {
  const hash = createHash('sha256');
  for (const [index, entry] of entries.entries()) {
    if (index % STATS_AT_ONCE === STATS_AT_ONCE - 1) await setImmediate();
    const stat = lstatSync(join(folder, entry.path), { throwIfNoEntry: false, bigint: true });
    if (stat === undefined) return undefined;
    // A folder changes when a program adds a file to it, which does not make the release another.
    hash.update(entry.kind === 'folder' ? `${stat.ino} ` : `${stat.ino}.${stat.size}.${stat.ctimeNs} `);
  }
  return hash.digest('hex');
};

const writeTree = async (source: Source, folder: string): Promise<readonly Entry[]> => {
  await mkdir(folder, { mode: 0o700 });
  const files: Extract<Source['entries'][number], { kind: 'file' | 'text' }>[] = [];
  const done: Entry[] = [];
  for (const entry of source.entries) {
    if (entry.kind === 'file' || entry.kind === 'text') files.push(entry);
    else {
      if (entry.kind === 'folder') await mkdir(join(folder, entry.path), { mode: 0o700 });
      else await symlink(entry.target, join(folder, entry.path));
      done.push(entry);
    }
  }
  const each = files.length <= SYNC_EACH_UP_TO;
  done.push(...(await inParallel(files, (entry) => copyEntry(entry, folder, each))));
  if (!each) await run('sync', ['-f', folder]);
  return done.sort(byPath);
};

/** Read-only from the innermost folder outward, and their names on the disk. */
const closeFolders = async (root: string, entries: readonly Entry[]): Promise<void> => {
  const folders = entries.filter((entry) => entry.kind === 'folder').map((entry) => join(root, entry.path));
  for (const folder of [...folders.reverse(), root]) {
    await chmod(folder, 0o555);
    await syncFolder(folder);
  }
};
