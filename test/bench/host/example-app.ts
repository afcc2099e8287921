import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadApp } from '@baton/config';
import type { App } from '@baton/core';
import type { BenchContext } from '../context.ts';

/** Durations as baton.yaml has them; the example's own are there to be watched. */
export interface ExampleTimings {
  readonly bake: string;
  readonly drain: string;
}

interface ReleaseApplier {
  applyRelease(name: string, directory: string, onto?: string): Promise<void>;
}

/** The folder of the example's account at the venue, whose orders say whether it trades. */
export const EXAMPLE_ACCOUNT = 'bluefin-main';

/** A working copy of the example, on ports of its own, whose tree is one release and then another. */
export class ExampleApp {
  readonly folder: string;
  /** Where its gateway answers. */
  readonly base: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #replacements: readonly (readonly [string, string])[];
  readonly #applier: ReleaseApplier;

  private constructor(
    folder: string,
    ports: readonly [number, number],
    venueUrl: string,
    parts: {
      readonly timings: ExampleTimings;
      readonly applier: ReleaseApplier;
    },
  ) {
    const [web, memory] = ports;
    const { timings } = parts;
    this.folder = folder;
    this.base = `http://127.0.0.1:${web}`;
    this.#env = { VENUE_URL: venueUrl, DASHBOARD_PORT: String(web), MEMORY_PORT: String(memory) };
    this.#applier = parts.applier;
    this.#replacements = [
      ['bake: 3s', `bake: ${timings.bake}`],
      ['drain: 5s', `drain: ${timings.drain}`],
    ];
  }

  static async create(context: BenchContext, venueUrl: string, timings: ExampleTimings): Promise<ExampleApp> {
    const ports = [await context.freePort(), await context.freePort()] as const;
    const applier = (await import(join(context.root, 'examples/ai-trading-bot/apply-release.ts'))) as ReleaseApplier;
    return new ExampleApp(join(context.dir, 'example'), ports, venueUrl, { timings, applier });
  }

  /** Makes the working copy the tree of a release, and reads it. `onto`: the release that an overlay is put on. */
  async at(release: string, onto?: string): Promise<App> {
    await this.#applier.applyRelease(release, this.folder, onto);
    const replaced = new Set<string>();
    const file = join(this.folder, 'baton.yaml');
    let text = readFileSync(file, 'utf8');
    for (const [from, to] of this.#replacements) {
      if (!text.includes(from)) continue;
      replaced.add(from);
      text = text.replaceAll(from, to);
    }
    writeFileSync(file, text);
    const missed = this.#replacements.find(([from]) => !replaced.has(from));
    if (missed !== undefined) throw new Error(`the example no longer says "${missed[0]}", which the bench replaces`);
    return loadApp({ file, environment: 'local', env: this.#env });
  }
}
