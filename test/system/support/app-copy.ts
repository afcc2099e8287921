import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadApp } from '@baton/config';
import type { App } from '@baton/core';
import { applyRelease } from '../../../examples/ai-trading-bot/apply-release.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export interface AppPorts {
  readonly front: number;
  readonly memory: number;
}

/** Replaces, and fails where there is nothing to replace: a setting that silently does nothing would test another thing. */
const replaced = (text: string, from: string | RegExp, to: string): string => {
  const next = text.replaceAll(typeof from === 'string' ? from : new RegExp(from, 'g'), to);
  if (next === text) throw new Error(`nothing to replace: ${from}`);
  return next;
};

export interface AppTimings {
  readonly bake: string;
  readonly drain: string;
}

/** A working copy of the example with ports and timings of its own. */
export class AppCopy {
  readonly dir: string;
  readonly #ports: AppPorts;
  readonly #venueUrl: string;
  #timings: AppTimings = { bake: '700ms', drain: '1500ms' };
  readonly #edits: { readonly file: string; readonly from: string | RegExp; readonly to: string }[] = [];

  constructor(dir: string, ports: AppPorts, venueUrl: string) {
    this.dir = dir;
    this.#ports = ports;
    this.#venueUrl = venueUrl;
  }

  get file(): string {
    return join(this.dir, 'baton.yaml');
  }

  /** Variables that the files are read with. */
  get env(): Readonly<Record<string, string>> {
    const { front, memory } = this.#ports;
    const ports = { DASHBOARD_PORT: String(front), MEMORY_PORT: String(memory) };
    return { VENUE_URL: this.#venueUrl, TICK_MS: '50', ...ports };
  }

  timings(change: Partial<AppTimings>): void {
    this.#timings = { ...this.#timings, ...change };
  }

  /** Changes every release that is applied from now on. */
  edit(file: string, from: string | RegExp, to: string): void {
    this.#edits.push({ file, from, to });
  }

  /** Makes the tree that of a release. @param onto the release that an overlay is put on */
  async apply(release: string, onto?: string): Promise<void> {
    await applyRelease(release, this.dir, onto);
    try {
      symlinkSync(join(ROOT, 'node_modules'), join(this.dir, 'node_modules'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const { bake, drain } = this.#timings;
    this.change('baton.yaml', 'bake: 3s\n', `bake: ${bake}\n`);
    this.change('baton.yaml', 'drain: 5s\n', `drain: ${drain}\n`);
    for (const { file, from, to } of this.#edits) this.change(file, from, to);
  }

  /** One change of the tree as it stands now. */
  change(file: string, from: string | RegExp, to: string): void {
    const path = join(this.dir, file);
    writeFileSync(path, replaced(readFileSync(path, 'utf8'), from, to));
  }

  load(): App {
    return loadApp({ file: this.file, environment: 'local', env: this.env });
  }
}
