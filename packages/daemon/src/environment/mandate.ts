import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { BatonError, type Clock, type LockGrant, type Store } from '@baton/core';

const TTL_MS = 30_000;
const RENEW_MS = 5_000;

const startOf = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name may hold spaces and brackets; the fields are counted from its last bracket.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
};

/** Who drives, in a form that another process of this host can check: `host boot pid start`. */
export const ownerText = (clock: Clock): string =>
  `${hostname()} ${clock.bootId()} ${process.pid} ${startOf(process.pid) ?? ''}`;

/** True only where the owner is of this host and provably gone: an earlier boot, or no such process. */
const isGone = (owner: string, clock: Clock): boolean => {
  const [host = '', boot = '', pid = '', start = ''] = owner.split(' ');
  if (host !== hostname()) return false;
  return boot !== clock.bootId() || startOf(Number(pid)) !== start;
};

/** The right to drive one scope, renewed until it is released. Its fencing token is the driver's epoch. */
export class DriverLock {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #name: string;
  #grant: LockGrant | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Store, clock: Clock, scope: string) {
    this.#store = store;
    this.#clock = clock;
    this.#name = `driver/${scope}`;
  }

  get mandate(): { readonly lock: string; readonly epoch: number } {
    if (this.#grant === undefined)
      throw new BatonError('not-driving', 'This daemon does not drive the environment.', {
        hint: 'See "baton status".',
      });
    return { lock: this.#name, epoch: this.#grant.fencingToken };
  }

  get grant(): LockGrant | undefined {
    return this.#grant;
  }

  /**
   * Takes the lock, over from a driver of this host that is provably dead too.
   * @throws BatonError `driven-elsewhere` while another drives
   */
  async take(): Promise<void> {
    const owner = ownerText(this.#clock);
    const taken = await this.#store.acquireLock(this.#name, owner, this.#clock.wallMs(), TTL_MS, 'daemon');
    if (taken.ok) this.#grant = taken.grant;
    else if (isGone(taken.held.owner, this.#clock)) await this.steal('its daemon is gone');
    else {
      const seconds = Math.ceil((taken.held.expiresAt - this.#clock.wallMs()) / 1000);
      throw new BatonError(
        'driven-elsewhere',
        `${this.#name} is held by ${taken.held.owner} for another ${seconds} s.`,
        {
          hint: 'Wait for it, or run "baton unlock" once you have seen that it is dead.',
        },
      );
    }
    this.#renew();
  }

  async steal(note: string): Promise<void> {
    this.#grant = await this.#store.stealLock(this.#name, ownerText(this.#clock), this.#clock.wallMs(), TTL_MS, note);
  }

  #renew(): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      const grant = this.#grant;
      if (grant === undefined) return;
      // A renewal that fails is found by the next fenced write; driving on under a lost lock is refused there.
      this.#store.renewLock(grant, this.#clock.wallMs(), TTL_MS).catch(() => undefined);
    }, RENEW_MS);
    this.#timer.unref();
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    const grant = this.#grant;
    this.#grant = undefined;
    if (grant !== undefined) await this.#store.releaseLock(grant);
  }
}
