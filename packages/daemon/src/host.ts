import { type EnginePorts, type Scope, scopeKey } from '@baton/core';
import { prepareLatchFile } from './adapters/latch-file.ts';
import { Environment } from './environment/environment.ts';
import type { Log } from './log.ts';
import { Samples } from './reports/status.ts';

/** Every app and environment of this host, apart by name. */
export class Host {
  readonly stateDir: string;
  readonly ports: Omit<EnginePorts, 'emit'>;
  readonly samples = new Samples();
  readonly startedAt: number;
  readonly #log: Log;
  readonly #environments = new Map<string, Promise<Environment>>();

  constructor(stateDir: string, ports: Omit<EnginePorts, 'emit'>, log: Log) {
    this.stateDir = stateDir;
    this.ports = ports;
    this.#log = log;
    this.startedAt = ports.clock.wallMs();
  }

  /** Takes up again whatever the store knows of, begun goals included. */
  async start(): Promise<void> {
    for (const stored of await this.ports.store.list('environment/')) {
      const [app = '', environment = ''] = stored.key.slice('environment/'.length).split('/');
      await this.environment({ app, environment });
    }
  }

  /** The loop of one environment, started where it does not run yet. */
  async environment(scope: Scope): Promise<Environment> {
    const key = scopeKey(scope);
    const running = this.#environments.get(key);
    if (running !== undefined) return await running;
    const starting = this.#begin(scope);
    this.#environments.set(key, starting);
    try {
      return await starting;
    } catch (error) {
      this.#environments.delete(key);
      throw error;
    }
  }

  async environments(): Promise<readonly Environment[]> {
    return await Promise.all(this.#environments.values());
  }

  async #begin(scope: Scope): Promise<Environment> {
    const environment = new Environment(this.stateDir, scope, this.ports, this.#log);
    prepareLatchFile(this.stateDir, environment.key);
    await environment.start();
    return environment;
  }

  async close(): Promise<void> {
    for (const environment of await this.environments()) await environment.close();
  }
}
