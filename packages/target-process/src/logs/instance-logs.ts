import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { InstanceId, LogLine } from '@baton/core';
import { type Layout, pathPart } from '../disk/index.ts';
import { StreamLog } from './stream-log.ts';

/** Size of one part and number of parts of each stream. */
export interface LogBounds {
  readonly partBytes: number;
  readonly parts: number;
  /** Finished instances of a service whose logs are kept after they were forgotten. */
  readonly keptInstances: number;
}

const STREAMS = ['stdout', 'stderr'] as const;
const MAX_LINES = 10_000;

/** The log files of all instances: their places, times, rotation and removal. */
export class InstanceLogs {
  readonly #layout: Layout;
  readonly #bounds: LogBounds;
  readonly #streams = new Map<string, StreamLog>();
  /** Dead ones whose last lines are dated: nothing more can come. */
  readonly #finished = new Set<string>();

  constructor(layout: Layout, bounds: LogBounds) {
    this.#layout = layout;
    this.#bounds = bounds;
  }

  paths(service: string, instance: string): { readonly outLog: string; readonly errLog: string } {
    const base = join(this.#layout.serviceLogs(service), pathPart(instance));
    return { outLog: `${base}.out.log`, errLog: `${base}.err.log` };
  }

  /** Dates what was written since the last look, and begins a new part where one is full. */
  watch(service: string, instance: string, isDead: boolean): void {
    if (this.#finished.has(instance)) return;
    for (const stream of STREAMS) {
      const log = this.#stream(service, instance, stream);
      const bytes = log.look(isDead);
      // Not waited for: it is disk work, and the caller is looking at processes.
      if (bytes > this.#bounds.partBytes && !isDead) log.rotate(this.#bounds.parts).catch(() => undefined);
    }
    if (isDead) this.#finished.add(instance);
  }

  /** Both streams in order of time, the newest `limit` lines since then. A last line without an end is shown once its program is dead. */
  read(service: string, instance: InstanceId, sinceMs: number, limit: number, isDead: boolean): readonly LogLine[] {
    const bounded = Math.max(0, Math.min(limit, MAX_LINES));
    if (bounded === 0) return [];
    const lines = STREAMS.flatMap((stream) =>
      this.#stream(service, instance, stream)
        .read(sinceMs, bounded, this.#bounds.parts, isDead)
        .map(({ at, text }): LogLine => ({ instance, at, stream, text })),
    );
    return lines.sort((a, b) => a.at - b.at).slice(-bounded);
  }

  /** Drops what is held in memory of it; the files stay. */
  forget(service: string, instance: string): void {
    const { outLog, errLog } = this.paths(service, instance);
    this.#streams.delete(outLog);
    this.#streams.delete(errLog);
    this.#finished.delete(instance);
  }

  /** Removes the logs of forgotten instances but the newest of each service. */
  prune(known: ReadonlySet<string>): void {
    for (const service of readdirSync(this.#layout.logs)) {
      const folder = join(this.#layout.logs, service);
      const times = new Map<string, number>();
      for (const name of readdirSync(folder)) {
        const instance = name.replace(/\.(out|err)\.log.*$/, '');
        if (known.has(instance)) continue;
        const mtimeMs = statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
        times.set(instance, Math.max(times.get(instance) ?? 0, mtimeMs));
      }
      const gone = [...times]
        .sort((a, b) => b[1] - a[1])
        .slice(this.#bounds.keptInstances)
        .map(([instance]) => instance);
      if (gone.length === 0) continue;
      const names = readdirSync(folder);
      for (const instance of gone) {
        for (const name of names) if (name.startsWith(`${instance}.`)) rmSync(join(folder, name), { force: true });
      }
    }
  }

  #stream(service: string, instance: string, stream: (typeof STREAMS)[number]): StreamLog {
    const { outLog, errLog } = this.paths(service, instance);
    const path = stream === 'stdout' ? outLog : errLog;
    const log = this.#streams.get(path) ?? new StreamLog(path);
    this.#streams.set(path, log);
    return log;
  }
}
