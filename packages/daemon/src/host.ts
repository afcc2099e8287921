import { type EnginePorts, type Scope, scopeKey } from '@baton/core';
import { prepareLatchFile } from './adapters/latch-file.ts';
import { Environment } from './environment/environment.ts';
import type { Log } from './log.ts';
import { Samples } from './reports/status.ts';

/** Between two tries to drive what another drives: its lock ends with it, or its time does. */
const TAKE_UP_AGAIN_MS = 5_000;

/** Every app and environment of this host, apart by name. */
export class Host {
  readonly stateDir: string;
  readonly ports: Omit<EnginePorts, 'emit'>;
  readonly samples = new Samples();
  readonly startedAt: number;
  readonly #log: Log;
  readonly #closing = new AbortController();
  readonly #environments = new Map<string, Promise<Environment>>();

  constructor(stateDir: string, ports: Omit<EnginePorts, 'emit'>, log: Log) {
    this.stateDir = stateDir;
    this.ports = ports;
    this.#log = log;
    this.startedAt = ports.clock.wallMs();
  }

  /** Takes up again whatever the store knows of, begun goals included. What cannot be taken up is tried again and again. */
  async start(): Promise<void> {
    for (const stored of await this.ports.store.list('environment/')) {
      const [app = '', environment = ''] = stored.key.slice('environment/'.length).split('/');
      const scope = { app, environment };
      if (!(await this.#takeUp(scope))) void this.#untilTakenUp(scope);
    }
  }

  /** One that another driver has, or whose record is damaged, keeps no other from being looked after. */
  async #takeUp(scope: Scope): Promise<boolean> {
    try {
      await this.environment(scope);
      return true;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#log('error', 'an environment is not looked after', { scope: scopeKey(scope), error: message });
      return false;
    }
  }

  async #untilTakenUp(scope: Scope): Promise<void> {
    const { clock } = this.ports;
    do {
      await clock.sleep(TAKE_UP_AGAIN_MS, this.#closing.signal).catch(() => undefined);
    } while (!this.#closing.signal.aborted && !(await this.#takeUp(scope)));
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
    this.#closing.abort();
    for (const environment of await this.environments()) await environment.close();
  }
}
