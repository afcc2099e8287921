import { BatonError, type EnginePorts, type Kept, lifecycleAddress, type Session, speaksLifecycle } from '@baton/core';
import { CheckpointTimes } from './checkpoint-times.ts';

/** Whose learned state can be asked for now. */
const askable = (session: Session): readonly Kept[] =>
  session.instances.known
    ? session.goal.kept.filter(({ pinned }) => speaksLifecycle(pinned) && pinned.spec.singleton?.stop === 'http')
    : [];

/** Learned state of holders that act, taken every few seconds, so that a crash costs no more of it. */
export class Checkpoints {
  readonly #ports: EnginePorts;
  readonly #times: CheckpointTimes;

  constructor(ports: EnginePorts) {
    this.#ports = ports;
    this.#times = new CheckpointTimes(() => ports.clock.monotonicMs());
  }

  /** Until the next is due; longer than anybody waits where there is none. */
  nextInMs(session: Session): number {
    return this.#times.nextInMs(askable(session));
  }

  async keep(session: Session): Promise<void> {
    for (const kept of askable(session)) {
      if (this.#times.isDue(kept)) await this.#take(session, kept);
    }
  }

  async #take(session: Session, kept: Kept): Promise<void> {
    if (!session.instances.known) return;
    const record = session.baton(kept.service);
    const view = session.instances.value.find((one) => one.instance === record.holder?.instance);
    const at = view === undefined ? undefined : lifecycleAddress(view, kept.pinned);
    if (view?.lifecycle?.known !== true || view.lifecycle.value.phase !== 'active' || at === undefined) return;
    const authority = { token: record.token, epoch: session.mandate.epoch };
    // One that does not come is missed by nobody: the one before stands, and the next is asked for in its time.
    const checkpoint = await this.#ports.lifecycle.checkpoint(at, authority).catch(() => undefined);
    if (checkpoint === undefined) return;
    const change = { kind: 'checkpoint' as const, checkpoint, from: view.instance };
    await session
      .change([{ service: kept.service, change }], () => [])
      .catch((error: unknown) => {
        if (!(error instanceof BatonError)) throw error;
      });
  }
}
