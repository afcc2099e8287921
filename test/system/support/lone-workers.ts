import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadApp } from '@baton/config';
import { expect } from 'vitest';
import { DaemonApi, type End } from './daemon-api.ts';
import { DaemonProcess } from './daemon-process.ts';
import { killAllOf, processesOf } from './processes.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export interface Deed {
  readonly kind: string;
  readonly version: string;
  readonly pid: number;
}

/** Programs that must act alone and know nothing of Baton, with a daemon and no market. */
export class LoneWorkers {
  readonly dir: string;
  readonly api: DaemonApi;
  readonly stateDir: string;
  daemon: DaemonProcess;

  private constructor(dir: string, daemon: DaemonProcess) {
    this.dir = dir;
    this.stateDir = join(dir, 'state');
    this.daemon = daemon;
    this.api = new DaemonApi(daemon.socket, 'lone-workers', 'local');
  }

  static async start(): Promise<LoneWorkers> {
    const dir = mkdtempSync(join(tmpdir(), 'baton-system-'));
    cpSync(join(ROOT, 'test/fixtures/lone-workers'), join(dir, 'app'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(dir, 'app/node_modules'));
    return new LoneWorkers(dir, await DaemonProcess.start(join(dir, 'state')));
  }

  async deploy(version: string): Promise<End> {
    writeFileSync(join(this.dir, 'app/worker/version.txt'), version);
    const file = join(this.dir, 'app/baton.yaml');
    const app = loadApp({ file, environment: 'local', env: { WORK_DIR: join(this.dir, 'work') } });
    return await this.api.end((await this.api.deploy(app)).generation);
  }

  /** All that one of them wrote down of itself. */
  deeds(service: string): readonly Deed[] {
    const file = join(this.dir, 'work', service, 'deeds.log');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Deed);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.daemon.kill();
    await killAllOf(this.dir);
    expect(processesOf(this.dir)).toEqual([]);
    rmSync(this.dir, { recursive: true, force: true });
  }
}
