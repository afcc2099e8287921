import { rmSync } from 'node:fs';
import { isAlive, type ProcessIdentity, processesWithNonce } from '../proc/index.ts';
import type { Confinement } from './confinement.ts';
import { killProcess } from './kill-process.ts';

/** Where there is no cgroup: the processes that carry the instance's nonce in their environment. */
export class NonceConfinement implements Confinement {
  readonly method = 'no-process-with-nonce';
  readonly weak = true;
  readonly note =
    'no process carries the nonce of the instance in its environment; one that cleared its environment would not be seen';
  readonly #instance: string;
  readonly #gate: string;
  readonly #leader: ProcessIdentity | undefined;
  readonly #known = new Map<number, ProcessIdentity>();

  /** @param gate file without which a start that is under way gives up */
  constructor(instance: string, gate: string, leader: ProcessIdentity | undefined) {
    this.#instance = instance;
    this.#gate = gate;
    this.#leader = leader;
    if (leader !== undefined) this.#known.set(leader.pid, leader);
  }

  members(): readonly ProcessIdentity[] {
    const found = new Map(processesWithNonce(this.#instance).map((identity) => [identity.pid, identity]));
    if (this.#leader !== undefined && isAlive(this.#leader)) found.set(this.#leader.pid, this.#leader);
    return [...found.values()];
  }

  end(): boolean {
    // First the gate, then the search: whoever passed the gate before already carries the nonce.
    rmSync(this.#gate, { force: true });
    if (this.#known.size > 0 && this.#killKnown()) return false;
    for (const identity of processesWithNonce(this.#instance)) this.#known.set(identity.pid, identity);
    return !this.#killKnown();
  }

  /** An exiting process has no environment to be known by: there is no telling that all were looked at. */
  isPastReturn(): boolean {
    return false;
  }

  remove(): void {
    rmSync(this.#gate, { force: true });
  }

  /** Kills what is known and still there; true where something was. */
  #killKnown(): boolean {
    // The whole group at once while its leader is ours: less time for a child to be born meanwhile.
    if (this.#leader !== undefined && this.#known.has(this.#leader.pid) && isAlive(this.#leader)) {
      killProcess(-this.#leader.pid, 'SIGKILL');
    }
    let left = false;
    for (const [pid, identity] of this.#known) {
      if (!isAlive(identity)) {
        this.#known.delete(pid);
        continue;
      }
      left = true;
      killProcess(pid, 'SIGKILL');
    }
    return left;
  }
}
