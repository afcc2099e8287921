import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { BatonError } from '@baton/core';
import { createExclusively } from '../disk/index.ts';
import { isAlive, type ProcessIdentity } from '../proc/index.ts';

/** Ports to choose from. The default lies below the kernel's range for outgoing connections (32768 and up). */
export interface PortRange {
  readonly from: number;
  /** The last one, included. */
  readonly to: number;
}

/** Who has a port: the process that gave it out, and the instance it was given to. */
interface Lease {
  readonly instance: string;
  /** Where the instance's record is; its process keeps the port after its launcher died. */
  readonly record: string;
  readonly boot: string;
  readonly launcher: ProcessIdentity;
}

/** What a lease needs to know of its instance's record. */
interface LeaseHolder {
  readonly process: ProcessIdentity | null;
  readonly death: unknown;
}

/** True where nobody listens on the port, on any address of either family. */
const isFree = (port: number, host: string): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EAFNOSUPPORT' || error.code === 'EADDRNOTAVAIL') resolve(isFree(port, '0.0.0.0'));
      else resolve(false);
    });
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(true)));
  });

/**
 * Gives out ports so that no two daemons of the machine give the same one: a lease file for each
 * port, created exclusively in a folder that all share, and a port that a stranger listens on is
 * passed over. A lease ends with its instance, not with the daemon that gave it.
 */
export class PortLeases {
  readonly #folder: string;
  readonly #range: PortRange;
  readonly #boot: string;
  readonly #launcher: ProcessIdentity;

  /** @param folder shared by all state directories of the machine */
  constructor(folder: string, range: PortRange, boot: string, launcher: ProcessIdentity) {
    this.#folder = folder;
    this.#range = range;
    this.#boot = boot;
    this.#launcher = launcher;
  }

  /**
   * Leases `count` ports to the instance.
   * @throws BatonError `no-free-port`
   */
  async lease(instance: string, record: string, count: number): Promise<readonly number[]> {
    if (count === 0) return [];
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const { from, to } = this.#range;
    const size = to - from + 1;
    // Begins at a place of the instance's own, so that a port just left is not at once another's.
    const start = Number.parseInt(instance.replaceAll(/[^0-9a-f]/g, '').slice(0, 8) || '0', 16) % size;
    const ports: number[] = [];
    for (let step = 0; step < size && ports.length < count; step += 1) {
      const port = from + ((start + step) % size);
      if (!this.#take(port, instance, record)) continue;
      if (await isFree(port, '::')) ports.push(port);
      else this.release(port, instance);
    }
    if (ports.length === count) return ports;
    for (const port of ports) this.release(port, instance);
    throw new BatonError('no-free-port', `No ${count} free ports between ${from} and ${to}`, {
      hint: 'Stop what is no longer needed, or give the daemon a wider range of ports.',
    });
  }

  /** Gives a port back. Somebody else's lease is left alone. */
  release(port: number, instance: string): void {
    if (this.#read(port)?.instance === instance) rmSync(this.#file(port), { force: true });
  }

  #file(port: number): string {
    return join(this.#folder, String(port));
  }

  #read(port: number): Lease | undefined {
    try {
      return JSON.parse(readFileSync(this.#file(port), 'utf8')) as Lease;
    } catch {
      return undefined;
    }
  }

  #take(port: number, instance: string, record: string): boolean {
    const lease: Lease = { instance, record, boot: this.#boot, launcher: this.#launcher };
    const text = JSON.stringify(lease);
    if (createExclusively(this.#file(port), text, 0o600)) return true;
    const current = this.#read(port);
    // An unreadable lease is being written at this moment, or torn: there are other ports.
    if (current === undefined || this.#isHeld(current)) return false;
    return this.#takeOver(port, current, text);
  }

  /** Only one process at a time replaces a stale lease; else a second could remove the first one's new lease. */
  #takeOver(port: number, stale: Lease, text: string): boolean {
    const guard = `${this.#file(port)}.takeover`;
    if (!createExclusively(guard, text, 0o600)) return false;
    try {
      if (this.#read(port)?.instance !== stale.instance) return false;
      rmSync(this.#file(port), { force: true });
      return createExclusively(this.#file(port), text, 0o600);
    } finally {
      rmSync(guard, { force: true });
    }
  }

  #isHeld(lease: Lease): boolean {
    if (lease.boot !== this.#boot) return false;
    try {
      const record = JSON.parse(readFileSync(lease.record, 'utf8')) as LeaseHolder;
      if (record.death !== null) return false;
      // A start that nobody has resolved yet may be running; a recorded process either is or is not.
      return record.process === null || isAlive(record.process);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return true;
      return isAlive(lease.launcher);
    }
  }
}
