import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type App, BatonError } from '@baton/core';
import { loadApp } from '../load-app.ts';

/** A folder of real files, gone when it is disposed. */
export class AppFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'config-'));

  constructor(files: Readonly<Record<string, string>>) {
    for (const [name, text] of Object.entries(files)) {
      const path = join(this.path, name);
      const isFolder = name.endsWith('/');
      mkdirSync(isFolder ? path : dirname(path), { recursive: true });
      if (!isFolder) writeFileSync(path, text);
    }
  }

  load(environment?: string, env: Readonly<Record<string, string>> = {}): App {
    const file = join(this.path, 'baton.yaml');
    return loadApp({ file, env, command: 'baton deploy', ...(environment === undefined ? {} : { environment }) });
  }

  /** What loading is refused with, the folder's own path left out. */
  refusal(environment?: string, env: Readonly<Record<string, string>> = {}): BatonError {
    try {
      this.load(environment, env);
    } catch (error) {
      if (!(error instanceof BatonError)) throw error;
      const { code, hint, fault, place } = error;
      const message = error.message.replaceAll(`${this.path}/`, '');
      return new BatonError(code, message, { hint, fault, ...(place === undefined ? {} : { place }) });
    }
    throw new Error('it was loaded, and should have been refused');
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}
