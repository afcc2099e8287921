import type { BrokerExposure, WorkloadHooks } from './hooks.ts';
import type { Identity } from './identity.ts';
import type { InFlight } from './in-flight.ts';
import { type Known, known, unknown } from './known.ts';
import * as state from './lifecycle-state.ts';
import type { ActivateBody, Adopted, Checkpoint, Exposure, LifecycleState, SettleBody } from './wire.ts';

/** A command that was not carried out; nothing was changed by it. */
export interface Refusal {
  readonly refused: state.RefusalReason | 'unreadable-checkpoint' | 'activation-failed' | 'checkpoint-failed';
  readonly message?: string;
}

export const isRefusal = (answer: object): answer is Refusal => 'refused' in answer;

interface Holding {
  readonly token: number;
  readonly adopted: Promise<Adopted>;
  /** Aborts on leaving `active`. */
  readonly acting: AbortController;
  /** Aborts when the baton is taken away altogether. */
  readonly holding: AbortController;
}

/** The state after a quiesce, and what was reached of what it was asked to go on with. */
export type Quiesced = LifecycleState & {
  readonly inFlight: Known<number>;
  readonly exposure?: Exposure;
  readonly checkpoint?: Checkpoint;
};

const nothingAdopted: Adopted = { orders: 0, positions: 0 };
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** How long the broker may take to say what is open before that is unknown. */
const exposureTimeoutMs = 5_000;

export interface LifecycleParts {
  readonly identity: Identity;
  readonly hooks: WorkloadHooks;
  readonly inFlight: InFlight;
  /** Wall time, milliseconds since 1970. */
  readonly now: () => number;
  readonly log: (line: string) => void;
}

/** The pure record and the program's hooks together. Every change of phase is synchronous, before any hook waits. */
export class Lifecycle {
  readonly #parts: LifecycleParts;
  #record: state.LifecycleRecord;
  #holding: Holding | undefined;
  #settling: { readonly key: string; readonly outcome: Promise<Exposure> } | undefined;

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
    const { startAs, token } = parts.identity;
    this.#record = state.beginning(startAs === 'holder' ? { startAs, token: token ?? 0 } : { startAs });
  }

  get record(): state.LifecycleRecord {
    return this.#record;
  }

  get mayAct(): boolean {
    return state.mayAct(this.#record);
  }

  /** The token under which this process acts; 0 where it holds none. */
  get token(): number {
    return this.#record.held ?? 0;
  }

  get state(): LifecycleState {
    const { instance, release, digest } = this.#parts.identity;
    return { instance, phase: this.#record.phase, token: this.#record.floor, release, digest };
  }

  /** A cold holder acts from its first instruction: its grant came with its start. */
  async begin(): Promise<void> {
    const { held, phase } = this.#record;
    if (held === undefined || phase !== 'active' || this.#holding !== undefined) return;
    await this.#take(held, { checkpoint: undefined, stale: false }).adopted;
  }

  async activate(
    command: state.LifecycleCommand,
    body: ActivateBody,
  ): Promise<(LifecycleState & { readonly adopted: Adopted }) | Refusal> {
    const next = state.transition(this.#record, this.#parts.identity.instance, command);
    if (!next.accepted) return { refused: next.reason };
    const unreadable = next.repeat ? undefined : this.#unreadable(body.checkpoint);
    if (unreadable !== undefined) return { refused: 'unreadable-checkpoint', message: unreadable };
    this.#record = next.record;
    const holding = next.repeat && this.#holding ? this.#holding : this.#take(command.token, body);
    try {
      return { ...this.state, adopted: await holding.adopted };
    } catch (error) {
      return { refused: 'activation-failed', message: messageOf(error) };
    }
  }

  /** In effect before the first await. With `goOn` it is answered when that is settled and saved, or its time is over. */
  async quiesce(command: state.LifecycleCommand, goOn?: SettleBody): Promise<Quiesced | Refusal> {
    const next = state.transition(this.#record, this.#parts.identity.instance, command);
    if (!next.accepted) return { refused: next.reason };
    this.#leaveActive(next.record);
    const inFlight = this.#parts.inFlight.read();
    if (goOn === undefined) return { ...this.state, inFlight };
    const exposure = await this.#settleOnce(goOn);
    // What was told otherwise meanwhile (deactivated, ending) has nothing to save for a handover.
    const saved = this.#record.phase === 'settled' ? await this.#save() : undefined;
    const checkpoint = saved === undefined || isRefusal(saved) ? undefined : saved;
    return { ...this.state, inFlight, exposure, ...(checkpoint === undefined ? {} : { checkpoint }) };
  }

  async settle(command: state.LifecycleCommand, body: SettleBody): Promise<Exposure | Refusal> {
    const next = state.transition(this.#record, this.#parts.identity.instance, command);
    if (!next.accepted) return { refused: next.reason };
    this.#leaveActive(next.record);
    return this.#settleOnce(body);
  }

  /** Asked twice at once, it runs once. */
  #settleOnce(body: SettleBody): Promise<Exposure> {
    const key = `${this.token} ${body.policy}`;
    if (this.#settling?.key === key) return this.#settling.outcome;
    const outcome = this.#settle(body).finally(() => {
      if (this.#settling?.outcome === outcome) this.#settling = undefined;
    });
    this.#settling = { key, outcome };
    return outcome;
  }

  async exposure(): Promise<Exposure> {
    const broker = await this.#askBroker();
    return { ...broker, inFlight: this.#parts.inFlight.read() };
  }

  async checkpoint(command: state.LifecycleCommand): Promise<Checkpoint | Refusal> {
    const next = state.transition(this.#record, this.#parts.identity.instance, command);
    if (!next.accepted) return { refused: next.reason };
    this.#leaveActive(next.record);
    return this.#save();
  }

  async #save(): Promise<Checkpoint | Refusal> {
    const { hooks, now } = this.#parts;
    try {
      const saved = hooks.onCheckpoint ? await hooks.onCheckpoint() : null;
      return { state: saved, takenAt: now(), format: hooks.checkpointFormat ?? 'none' };
    } catch (error) {
      return { refused: 'checkpoint-failed', message: messageOf(error) };
    }
  }

  deactivate(command: state.LifecycleCommand): LifecycleState | Refusal {
    const next = state.transition(this.#record, this.#parts.identity.instance, command);
    if (!next.accepted) return { refused: next.reason };
    const had = this.#holding;
    this.#leaveActive(next.record);
    this.#holding = undefined;
    this.#settling = undefined;
    had?.holding.abort();
    if (had) this.#run('onDeactivate', this.#parts.hooks.onDeactivate);
    return this.state;
  }

  /** The process is going down: nothing new from here on, and no grant is taken. */
  end(): void {
    this.#leaveActive(state.ending(this.#record));
  }

  /** Settles of its own accord while ending. */
  async settleAtEnd(body: SettleBody): Promise<Exposure> {
    return this.#settle(body);
  }

  #take(token: number, body: ActivateBody): Holding {
    this.#holding?.acting.abort();
    this.#holding?.holding.abort();
    const acting = new AbortController();
    const holding = new AbortController();
    const adopted = this.#activate(token, body, acting.signal);
    const taken: Holding = { token, adopted, acting, holding };
    this.#holding = taken;
    adopted.catch((error: unknown) => {
      this.#parts.log(`activation under token ${token} failed: ${messageOf(error)}`);
      acting.abort();
      holding.abort();
      if (this.#holding === taken) this.#holding = undefined;
    });
    return taken;
  }

  async #activate(token: number, body: ActivateBody, signal: AbortSignal): Promise<Adopted> {
    try {
      return (await this.#parts.hooks.onActivate?.({ token, ...body, signal })) ?? nothingAdopted;
    } catch (error) {
      this.#record = state.activationFailed(this.#record, token);
      throw error;
    }
  }

  #leaveActive(next: state.LifecycleRecord): void {
    const wasActive = this.#record.phase === 'active' && !this.#record.replica;
    this.#record = next;
    if (!wasActive || next.phase === 'active') return;
    this.#holding?.acting.abort();
    this.#run('onQuiesce', this.#parts.hooks.onQuiesce);
  }

  async #settle({ policy, deadlineMs }: SettleBody): Promise<Exposure> {
    const { hooks, inFlight, log } = this.#parts;
    const held = this.#record.held;
    const deadline = AbortSignal.timeout(Math.ceil(deadlineMs));
    const signal = this.#holding ? AbortSignal.any([deadline, this.#holding.holding.signal]) : deadline;
    try {
      // A request in doubt must not keep the rest from being settled: wait for half of the time at most.
      await inFlight.idle(AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(deadlineMs / 2))]));
      if (!signal.aborted) await hooks.onSettle?.({ policy, token: held ?? 0, deadlineMs, signal });
      await inFlight.idle(signal);
    } catch (error) {
      log(`settling by ${policy} failed: ${messageOf(error)}`);
    }
    const outcome = await this.exposure();
    if (reached(policy, outcome)) this.#record = state.settled(this.#record, held);
    return outcome;
  }

  async #askBroker(): Promise<BrokerExposure> {
    const ask = this.#parts.hooks.exposure;
    if (ask === 'nothing') return { openOrders: known(0), positions: known(0) };
    if (ask === undefined) return unknownExposure('this program does not report its exposure');
    const signal = AbortSignal.timeout(exposureTimeoutMs);
    const late = new Promise<BrokerExposure>((resolve) => {
      signal.addEventListener('abort', () => resolve(unknownExposure('the broker did not answer in time')));
    });
    try {
      return await Promise.race([ask(signal), late]);
    } catch (error) {
      return unknownExposure(messageOf(error));
    }
  }

  #unreadable(checkpoint: Checkpoint | undefined): string | undefined {
    if (checkpoint === undefined || checkpoint.format === 'none') return undefined;
    const { readsFormats, checkpointFormat } = this.#parts.hooks;
    const reads = readsFormats ?? (checkpointFormat === undefined ? [] : [checkpointFormat]);
    if (reads.includes(checkpoint.format)) return undefined;
    return `cannot read a checkpoint of format "${checkpoint.format}"; this release reads ${reads.join(', ') || 'none'}`;
  }

  /** A hook that throws must not keep the phase from changing. */
  #run(name: string, hook: (() => void) | undefined): void {
    try {
      hook?.();
    } catch (error) {
      this.#parts.log(`${name} failed: ${messageOf(error)}`);
    }
  }
}

const unknownExposure = (reason: string): BrokerExposure => ({
  openOrders: unknown(reason),
  positions: unknown(reason),
});

const isZero = (value: Known<number>): boolean => value.known && value.value === 0;

/** Has the settlement reached its aim? Unknown is never yes. */
function reached(policy: SettleBody['policy'], exposure: Exposure): boolean {
  if (!isZero(exposure.inFlight)) return false;
  if (policy === 'flatten') return isZero(exposure.openOrders) && isZero(exposure.positions);
  return policy === 'keep' || (exposure.openOrders.known && exposure.positions.known);
}
