import { lstatSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type InstanceId, instanceId } from '@baton/core';
import { type Layout, pathPart, replaceFile, writeDurably } from '../disk/index.ts';
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

  constructor(layout: Layout) {
    this.#folder = layout.instances;
  }

  path(instance: string): string {
    return join(this.#folder, `${pathPart(instance)}${ENDING}`);
  }

  read(instance: string): Stored {
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

  /** On the disk when it resolves. */
  async write(record: InstanceRecord): Promise<void> {
    await writeDurably(this.path(record.instance), JSON.stringify(record));
  }

  /** In force at once, on the disk a little later: for what can be observed again. */
  replace(record: InstanceRecord): void {
    replaceFile(this.path(record.instance), JSON.stringify(record));
  }

  remove(instance: string): void {
    this.#cache.delete(instance);
    rmSync(this.path(instance), { force: true });
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
