import { mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identityOf, isExiting, type ProcessIdentity, readKernelText } from '../proc/index.ts';
import type { Confinement } from './confinement.ts';

/** Killing is repeated in case a process was moved into the group meanwhile; the kernel handles forks itself. */
const ROUNDS_BETWEEN_KILLS = 64;

const errno = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

export const createCgroup = (folder: string): void => {
  mkdirSync(folder, { recursive: true });
};

/** Applies the limits of the service where the kernel's controllers are there; elsewhere they are measured only. */
export const limitCgroup = (folder: string, memoryBytes: number | undefined, cpus: number | undefined): void => {
  const periodUs = 100_000;
  const settings: [string, string][] = [];
  if (memoryBytes !== undefined) settings.push(['memory.max', String(Math.round(memoryBytes))]);
  if (cpus !== undefined) settings.push(['cpu.max', `${Math.max(1000, Math.round(cpus * periodUs))} ${periodUs}`]);
  for (const [file, value] of settings) {
    try {
      writeFileSync(join(folder, file), value, { flag: 'r+' });
    } catch {
      // No such controller in this group: sample() still measures, and health judges by that.
    }
  }
};

/** A cgroup of version 2: nothing leaves it by forking, so its being empty is proof (cgroups(7)). */
export class CgroupConfinement implements Confinement {
  readonly method = 'cgroup-empty';
  readonly weak = false;
  readonly note = 'cgroup.events says populated 0';
  readonly #folder: string;
  #rounds = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  members(): readonly ProcessIdentity[] {
    return this.#idsBelow(this.#folder, 'cgroup.procs')
      .map(identityOf)
      .filter((identity) => identity !== undefined);
  }

  #isEmpty(): boolean {
    const events = readKernelText(join(this.#folder, 'cgroup.events'));
    return events === undefined ? this.#isGone() : /^populated 0$/m.test(events);
  }

  end(): boolean {
    if (this.#rounds % ROUNDS_BETWEEN_KILLS === 0) this.#kill();
    this.#rounds += 1;
    if (!this.#isEmpty()) return false;
    // Without its folder a starter that was stopped on its way in fails to join, and so never runs.
    return this.#removeFolder(this.#folder);
  }

  /**
   * Threads leave `cgroup.threads` when they have exited, and a fork puts its child there before either side runs on
   * (kernel/cgroup/cgroup.c): a list in which all are exiting is all that there is.
   */
  isPastReturn(): boolean {
    const threads = this.#idsBelow(this.#folder, 'cgroup.threads');
    return threads.every(isExiting);
  }

  remove(): void {
    this.#removeFolder(this.#folder);
  }

  #kill(): void {
    try {
      writeFileSync(join(this.#folder, 'cgroup.kill'), '1', { flag: 'r+' });
    } catch (error) {
      if (errno(error) !== 'ENOENT' && errno(error) !== 'ENODEV') throw error;
    }
  }

  /** A group that is gone was empty; one that only cannot be read is no proof of anything. */
  #isGone(): boolean {
    try {
      readdirSync(this.#folder);
      return false;
    } catch (error) {
      return errno(error) === 'ENOENT' || errno(error) === 'ENODEV';
    }
  }

  #idsBelow(folder: string, list: 'cgroup.procs' | 'cgroup.threads'): readonly number[] {
    const own = (readKernelText(join(folder, list)) ?? '').split('\n').filter(Boolean).map(Number);
    return [...own, ...this.#childGroups(folder).flatMap((child) => this.#idsBelow(child, list))];
  }

  #childGroups(folder: string): readonly string[] {
    try {
      return readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => join(folder, entry.name));
    } catch {
      return [];
    }
  }

  #removeFolder(folder: string): boolean {
    try {
      rmdirSync(folder);
      return true;
    } catch (error) {
      if (errno(error) === 'ENOENT') return true;
      const children = this.#childGroups(folder);
      if (children.length === 0) return false;
      return children.every((child) => this.#removeFolder(child)) && this.#removeFolder(folder);
    }
  }
}
