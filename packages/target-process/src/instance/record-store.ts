import { lstatSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type InstanceId, instanceId } from '@baton/core';
import { createDurably, type Layout, pathPart, replaceFile, writeDurably } from '../disk/index.ts';
import type { InstanceRecord } from './record.ts';

export type Stored =
  | { readonly kind: 'record'; readonly record: InstanceRecord }
  | { readonly kind: 'missing' }
  /** There is a file, and it says nothing that can be used. */
  | { readonly kind: 'damaged'; readonly instance: InstanceId };

const ENDING = '.json';

const isRecord = (value: unknown, instance: string): value is InstanceRecord => {
  const record = value as Partial<InstanceRecord> | null;
  return (
    record !== null &&
    typeof record === 'object' &&
    record.version === 1 &&
    record.instance === instance &&
    typeof record.app === 'string' &&
    typeof record.service === 'string' &&
    typeof record.boot === 'string' &&
    typeof record.launcher?.pid === 'number' &&
    (record.process === null || typeof record.process?.startTime === 'number')
  );
};

/** The instance records of a state directory. Other processes may write them too; each write is whole. */
export class RecordStore {
  readonly #folder: string;
  /** Parsed records by file, with the file's signature: observing costs a stat, not a parse. */
  readonly #cache = new Map<string, { readonly signature: string; readonly record: InstanceRecord }>();

  readonly #pending = new Map<string, InstanceRecord>();
  readonly #flushing = new Map<string, Promise<void>>();

  constructor(layout: Layout) {
    this.#folder = layout.instances;
  }

  path(instance: string): string {
    return join(this.#folder, `${pathPart(instance)}${ENDING}`);
  }

  read(instance: string): Stored {
    const pending = this.#pending.get(instance);
    if (pending !== undefined) return { kind: 'record', record: pending };
    const path = this.path(instance);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return { kind: 'missing' };
    const signature = `${stat.ino}.${stat.size}.${stat.mtimeMs}.${stat.ctimeMs}`;
    const cached = this.#cache.get(instance);
    if (cached?.signature === signature) return { kind: 'record', record: cached.record };
    const record = this.#parse(path, instance);
    if (record === undefined) return { kind: 'damaged', instance: instanceId(instance) };
    this.#cache.set(instance, { signature, record });
    return { kind: 'record', record };
  }

  all(): readonly Exclude<Stored, { kind: 'missing' }>[] {
    return readdirSync(this.#folder)
      .filter((name) => name.endsWith(ENDING) && !name.startsWith('.'))
      .map((name) => this.read(name.slice(0, -ENDING.length)))
      .filter((stored) => stored.kind !== 'missing');
  }

  /** The first record of an instance, on the disk when it resolves; false where it has one already. */
  async create(record: InstanceRecord): Promise<boolean> {
    return await createDurably(this.path(record.instance), JSON.stringify(record));
  }

  /** On the disk when it resolves. */
  async write(record: InstanceRecord): Promise<void> {
    this.#pending.delete(record.instance);
    await writeDurably(this.path(record.instance), JSON.stringify(record));
  }

  /**
   * In force at once for this process, on the disk a little later, for what can be observed again: a
   * rename over a file may take the disk milliseconds, and a handover waits for the kill that notes this.
   */
  replace(record: InstanceRecord): void {
    const { instance } = record;
    this.#pending.set(instance, record);
    if (this.#flushing.has(instance)) return;
    const flush = this.#flush(instance).finally(() => this.#flushing.delete(instance));
    this.#flushing.set(instance, flush);
  }

  async remove(instance: string): Promise<void> {
    this.#pending.delete(instance);
    await this.#flushing.get(instance);
    this.#cache.delete(instance);
    rmSync(this.path(instance), { force: true });
  }

  /** Writes what is pending, the newest last, one write at a time. On a full disk it stays in memory. */
  async #flush(instance: string): Promise<void> {
    try {
      for (let record = this.#pending.get(instance); record !== undefined; record = this.#pending.get(instance)) {
        await replaceFile(this.path(instance), JSON.stringify(record));
        if (this.#pending.get(instance) === record) this.#pending.delete(instance);
      }
    } catch {
      // Nothing is lost that a look at the processes does not bring again.
    }
  }

  /** Puts a damaged record where nobody reads it, for a person to look at. */
  setAside(instance: string): void {
    this.#cache.delete(instance);
    renameSync(this.path(instance), join(this.#folder, `${instance}.damaged`));
  }

  #parse(path: string, instance: string): InstanceRecord | undefined {
    try {
      const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
      return isRecord(value, instance) ? value : undefined;
    } catch {
      return undefined;
    }
  }
}
