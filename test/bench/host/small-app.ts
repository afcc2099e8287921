import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadApp } from '@baton/config';
import type { App } from '@baton/core';
import type { BenchContext } from '../context.ts';
import { keepCompiled } from './compiled.ts';

const SERVICES = ['bot', 'web'] as const;

/** An app that starts in no time: the probe and a page, both of which move with each release. */
export class SmallApp {
  readonly folder: string;
  /** What its baton.yaml asks a deployment to wait for. */
  readonly configuredWaitMs = 1_000;
  /** Variables that its files need; for the command line too. */
  readonly env: Readonly<Record<string, string>>;

  private constructor(folder: string, env: Readonly<Record<string, string>>) {
    this.folder = folder;
    this.env = env;
  }

  static async create(context: BenchContext, venueUrl: string): Promise<SmallApp> {
    const folder = join(context.dir, 'small');
    cpSync(join(context.root, 'test/fixtures/probe-bot'), folder, { recursive: true });
    cpSync(join(context.root, 'test/bench/apps/small'), folder, { recursive: true });
    symlinkSync(join(context.root, 'node_modules'), join(folder, 'node_modules'));
    keepCompiled(context, join(folder, 'compose.yaml'));
    return new SmallApp(folder, { VENUE_URL: venueUrl, WEB_PORT: String(await context.freePort()) });
  }

  get file(): string {
    return join(this.folder, 'baton.yaml');
  }

  get services(): readonly string[] {
    return SERVICES;
  }

  /** Makes the tree another release: every service has a file that differs. */
  change(to: number): void {
    for (const service of SERVICES) writeFileSync(join(this.folder, service, 'release.txt'), `${to}\n`);
  }

  load(): App {
    return loadApp({ file: this.file, environment: 'local', env: this.env });
  }
}
