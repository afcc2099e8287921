import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { BatonError, type Clock, type LockGrant, type Store } from '@baton/core';

const TTL_MS = 30_000;
const RENEW_MS = 5_000;

const startOf = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name may hold spaces and brackets; the fields are counted from its last bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // One that has ended and that nobody has waited for yet drives nothing.
    return ['Z', 'X'].includes(fields[0] ?? '') ? undefined : fields[19];
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

/** Who drives, and how another finds out that a driver is gone. */
export interface DriverIdentity {
  owner(): string;
  /** True only where that owner is provably gone. */
  isGone(owner: string): boolean;
}

const thisProcess = (clock: Clock): DriverIdentity => ({
  owner: () => ownerText(clock),
  isGone: (owner) => isGone(owner, clock),
});

/** The right to drive one scope, renewed until it is released. Its fencing token is the driver's epoch. */
export class DriverLock {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #name: string;
  readonly #identity: DriverIdentity;
  #grant: LockGrant | undefined;
  #renewing: AbortController | undefined;

  constructor(store: Store, clock: Clock, scope: string, identity: DriverIdentity = thisProcess(clock)) {
    this.#store = store;
    this.#clock = clock;
    this.#name = `driver/${scope}`;
    this.#identity = identity;
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
    const owner = this.#identity.owner();
    const taken = await this.#store.acquireLock(this.#name, owner, this.#clock.wallMs(), TTL_MS, 'daemon');
    if (taken.ok) this.#grant = taken.grant;
    else if (this.#identity.isGone(taken.held.owner)) await this.steal('its daemon is gone');
    // Ours by a write whose acknowledgement was lost: nobody else will ever give it back.
    else if (taken.held.owner === owner) await this.steal('it was taken before, and the store did not say so');
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
    this.#grant = await this.#store.stealLock(this.#name, this.#identity.owner(), this.#clock.wallMs(), TTL_MS, note);
  }

  #renew(): void {
    this.#renewing?.abort();
    this.#renewing = new AbortController();
    void this.#renewUntil(this.#renewing.signal);
  }

  async #renewUntil(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#clock.sleep(RENEW_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      if (this.#grant === undefined) return;
      // A renewal that fails is found by the next fenced write; driving on under a lost lock is refused there.
      const kept = await this.#store.renewLock(this.#grant, this.#clock.wallMs(), TTL_MS).catch(() => true);
      // Another took it over and may have died since. A driver that only waits writes nothing, and would never know.
      if (!kept && !signal.aborted) await this.take().catch(() => undefined);
    }
  }

  async release(): Promise<void> {
    this.#renewing?.abort();
    const grant = this.#grant;
    this.#grant = undefined;
    if (grant !== undefined) await this.#store.releaseLock(grant);
  }
}
