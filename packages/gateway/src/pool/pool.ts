import type { ConnectionSettings } from './connection.ts';
import { Member } from './member.ts';

export type CutReason = 'drained' | 'singleton-replaced' | 'shutdown';

/** A request or a stream that a member is serving now. */
export interface Carried {
  readonly member: Member;
  readonly isStream: boolean;
  cut(reason: CutReason): void;
}

/** The members that share the traffic of one service in one slot. */
export class Pool {
  /** `service@slot`. */
  readonly id: string;
  readonly scope: string;
  /** True while a route of the configuration in force leads here. */
  routed = true;
  readonly #settings: ConnectionSettings;
  #members: readonly Member[] = [];
  #turn = 0;
  readonly #carried = new Set<Carried>();
  readonly #watchers = new Set<() => void>();

  constructor(scope: string, id: string, settings: ConnectionSettings) {
    this.scope = scope;
    this.id = id;
    this.#settings = settings;
  }

  get service(): string {
    return serviceOfPool(this.id);
  }

  get addresses(): readonly string[] {
    return this.#members.map((member) => member.address);
  }

  /** Members that stay keep their connections; those that go finish what they carry. */
  setMembers(addresses: readonly string[]): void {
    const before = new Map(this.#members.filter((m) => !m.retired).map((member) => [member.address, member]));
    this.#members = addresses.map((address) => {
      const kept = before.get(address);
      before.delete(address);
      return kept ?? new Member(address, this.#settings);
    });
    for (const gone of before.values()) gone.retire();
  }

  /** The configuration no longer knows this pool: what it carries may end, nothing new comes. */
  retire(): void {
    this.routed = false;
    for (const member of this.#members) if (!member.retired) member.retire();
  }

  /** The member with the least in flight, in turn where several are equal. */
  pick(tried: ReadonlySet<string> | undefined): Member | undefined {
    const members = this.#members;
    const count = members.length;
    if (count === 1 && tried === undefined) return members[0];
    let best: Member | undefined;
    const first = this.#turn++;
    for (let i = 0; i < count; i++) {
      const member = members[(first + i) % count];
      if (member === undefined || tried?.has(member.address) === true) continue;
      if (best === undefined || member.inFlight < best.inFlight) best = member;
    }
    return best;
  }

  add(carried: Carried): void {
    carried.member.inFlight++;
    this.#carried.add(carried);
  }

  delete(carried: Carried): void {
    if (!this.#carried.delete(carried)) return;
    carried.member.inFlight--;
    if (this.#watchers.size > 0) for (const watcher of this.#watchers) watcher();
  }

  /** A request became a stream. */
  changed(): void {
    if (this.#watchers.size > 0) for (const watcher of this.#watchers) watcher();
  }

  get size(): number {
    return this.#carried.size;
  }

  activity(): { readonly inFlight: number; readonly streams: number } {
    let streams = 0;
    for (const carried of this.#carried) if (carried.isStream) streams++;
    return { inFlight: this.#carried.size - streams, streams };
  }

  /** What no route leads to any more: all of it where the pool is not routed, else what retired members carry. */
  leaving(): readonly Carried[] {
    const all = [...this.#carried];
    return this.routed ? all.filter((carried) => carried.member.retired) : all;
  }

  /** Calls back whenever something that was carried has ended; returns how to stop. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }
}

/** `bot` of `bot@blue`. */
export const serviceOfPool = (poolId: string): string => {
  const at = poolId.lastIndexOf('@');
  return at === -1 ? poolId : poolId.slice(0, at);
};
