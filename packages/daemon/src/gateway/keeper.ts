import { spawn } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BatonError } from '@baton/core';

/** How often the gateway is asked whether it is there, and how long it may take to come up. */
const WATCH_MS = 500;
const START_TIMEOUT_MS = 10_000;

export interface GatewayProcess {
  /** Absolute path of its entry. */
  readonly entry: string;
  readonly stateDir: string;
  /** True where it answers on its control socket. */
  readonly answers: () => Promise<boolean>;
}

/**
 * Keeps the gateway running: a process of its own, that no fault of the daemon takes down. One that is
 * already there is used as it stands; one that is gone is started again, and restores its own state.
 */
export class GatewayKeeper {
  readonly #gateway: GatewayProcess;
  readonly #log: (level: 'info' | 'error', message: string, fields: Record<string, unknown>) => void;
  #timer: NodeJS.Timeout | undefined;
  #starting: Promise<void> | undefined;

  constructor(
    gateway: GatewayProcess,
    log: (level: 'info' | 'error', message: string, fields: Record<string, unknown>) => void,
  ) {
    this.#gateway = gateway;
    this.#log = log;
  }

  /** @throws BatonError `gateway-failed` when it does not come up */
  async start(): Promise<void> {
    await this.#ensure();
    this.#timer = setInterval(() => {
      this.#ensure().catch((error: unknown) =>
        this.#log('error', 'the gateway does not come up', { error: String(error) }),
      );
    }, WATCH_MS);
    this.#timer.unref();
  }

  /** Stops watching; the gateway goes on carrying traffic. */
  close(): void {
    clearInterval(this.#timer);
  }

  async #ensure(): Promise<void> {
    this.#starting ??= this.#bringUp().finally(() => {
      this.#starting = undefined;
    });
    await this.#starting;
  }

  async #bringUp(): Promise<void> {
    if (await this.#gateway.answers()) return;
    const { entry, stateDir } = this.#gateway;
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    const log = openSync(join(stateDir, 'gateway.log'), 'a', 0o600);
    const child = spawn(process.execPath, [entry, '--state-dir', stateDir], {
      detached: true,
      stdio: ['ignore', log, log],
    });
    child.unref();
    let ended: string | undefined;
    child.once('exit', (code, signal) => {
      ended = signal ?? `code ${code}`;
    });
    child.once('error', (error) => {
      ended = error.message;
    });
    this.#log('info', 'gateway started', { pid: child.pid });
    const deadline = process.hrtime.bigint() + BigInt(START_TIMEOUT_MS) * 1_000_000n;
    while (process.hrtime.bigint() < deadline) {
      if (await this.#gateway.answers()) return;
      if (ended !== undefined) break;
      await sleep(10);
    }
    throw new BatonError(
      'gateway-failed',
      `The gateway did not come up${ended === undefined ? ` within ${START_TIMEOUT_MS} ms` : `: it ended with ${ended}`}.`,
      {
        hint: `Read ${join(stateDir, 'gateway.log')}.`,
      },
    );
  }
}
