import type { JournalDraft } from '@baton/core';
import { mayAct } from '@baton/sdk';
import type { LivingInstance, LivingState } from './living-state.ts';

type Payload = Readonly<Record<string, unknown>>;
const payloadOf = (entry: JournalDraft): Payload => entry.payload as Payload;

/** What an effect may rest on. */
export interface Grounds {
  /** Actions of intents that announce it, with what they were written of. */
  readonly intents: readonly (readonly [action: string, subject: string])[];
  /** The emergency stop announces every kill. */
  readonly latch?: boolean;
  /** So does the grant of a baton to this instance, under this token where one is named. */
  readonly grant?: { readonly to: string; readonly token?: number };
}

/**
 * Sees everything that is done and everything that is durable, and belongs to no driver: the generic rules are
 * judged here, at each effect.
 */
export class Witness {
  /** Every entry that is durable, in order. */
  readonly journal: JournalDraft[];
  readonly broken: string[] = [];
  readonly #state: LivingState;
  readonly #services: ReadonlySet<string>;

  constructor(state: LivingState, journal: readonly JournalDraft[], singletons: ReadonlySet<string>) {
    this.#state = state;
    this.journal = [...journal];
    this.#services = singletons;
  }

  break(rule: string): void {
    if (!this.broken.includes(rule)) this.broken.push(rule);
  }

  entries(type: string): readonly Payload[] {
    return this.journal.filter((entry) => entry.type === type).map(payloadOf);
  }

  acting(service: string): readonly LivingInstance[] {
    return this.#state.instances.filter(
      (one) => one.observation.service === service && one.alive && mayAct(one.record),
    );
  }

  /** Called before an effect. */
  announced(effect: string, grounds: Grounds): void {
    const intents = this.entries('intent');
    const intended = grounds.intents.some(([action, subject]) =>
      intents.some((intent) => intent.action === action && intent.subject === subject),
    );
    const latched = grounds.latch === true && this.entries('latch.set').length > 0;
    const { grant } = grounds;
    const granted =
      grant !== undefined &&
      this.entries('baton.granted').some(
        (entry) => entry.to === grant.to && (grant.token === undefined || entry.token === grant.token),
      );
    if (!intended && !latched && !granted) this.break(`an intent precedes every effect: nothing announced ${effect}`);
  }

  /** Called after an effect and after each write. */
  look(): void {
    for (const service of this.#services) {
      const acting = this.acting(service);
      if (acting.length > 1) this.break(`at most one acts: ${acting.length} of ${service} do`);
      const highest = this.entries('baton.granted')
        .filter((entry) => entry.service === service)
        .reduce((most, entry) => Math.max(most, Number(entry.token)), 0);
      for (const one of acting)
        if ((one.record.held ?? 0) < highest)
          this.break(`no order under an old token: ${service} sends under ${one.record.held}, granted is ${highest}`);
    }
    const places = new Map<string, number>();
    for (const { alive, observation } of this.#state.instances) {
      if (!alive) continue;
      const { service, slot, replica } = observation;
      const place = `${service}@${slot} ${replica}`;
      places.set(place, (places.get(place) ?? 0) + 1);
    }
    for (const [place, count] of places) if (count > 1) this.break(`each start happens once: ${count} run as ${place}`);
  }

  /** Tokens over the whole journal, in the order in which they were written. */
  judgeTokens(): void {
    const last = new Map<string, number>();
    for (const entry of this.journal) {
      if (!['baton.granted', 'baton.revoked', 'latch.set'].includes(entry.type)) continue;
      const { key, token } = payloadOf(entry);
      const before = last.get(String(key)) ?? 0;
      if (entry.type === 'baton.granted' ? Number(token) <= before : Number(token) < before)
        this.break(`a token is never used again: ${String(key)} went from ${before} to ${String(token)}`);
      last.set(String(key), Number(token));
    }
    const granted = this.entries('baton.granted').map(
      (entry) => `${String(entry.key)} ${String(entry.to)} ${String(entry.token)}`,
    );
    if (new Set(granted).size < granted.length) this.break('a grant is written once');
  }
}
