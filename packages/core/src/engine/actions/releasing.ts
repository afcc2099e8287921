import type { ExecHooks } from '../../app/index.ts';
import type { Action } from '../../decide/action.ts';
import { BatonError } from '../../errors/index.ts';
import { RELEASE_HOLDER } from '../../journal/facts.ts';
import { known, unknown } from '../../known.ts';
import type { InstanceId } from '../../names.ts';
import type { Exposure, GoOn, LifecycleAddress } from '../../ports/lifecycle.ts';
import type { PinnedService } from '../../ports/target.ts';
import { lifecycleAddress } from '../look.ts';
import type { Session } from '../session.ts';

/** What settles in a moment does it within this. */
const GO_ON_MS = 1_000;

interface Subject {
  readonly pinned: PinnedService;
  readonly at: LifecycleAddress | undefined;
}

const subjectOf = (session: Session, service: string, instance: InstanceId): Subject => {
  const view = session.instances.known ? session.instances.value.find((one) => one.instance === instance) : undefined;
  const pinned = view === undefined ? undefined : session.sideOf(service, view.slot, view.release)?.pinned;
  if (view === undefined || pinned === undefined) {
    throw new BatonError('instance-gone', `Instance ${instance.slice(0, 8)} of ${service} is not there any more.`, {
      hint: 'The step is decided again from what is there now.',
    });
  }
  return { pinned, at: lifecycleAddress(view, pinned) };
};

const spoken = (subject: Subject, service: string): LifecycleAddress => {
  if (subject.at !== undefined) return subject.at;
  throw new BatonError('lifecycle-unreachable', `${service} has no address for its lifecycle contract.`, {
    fault: 'user',
    hint: 'Declare a port or a health endpoint for it in compose.yaml or baton.yaml.',
  });
};

const authority = (session: Session, service: string) => ({
  token: session.baton(service).token,
  epoch: session.mandate.epoch,
});

const runHook = async (
  session: Session,
  service: string,
  instance: InstanceId,
  hook: keyof ExecHooks,
  subject: Subject,
): Promise<string> => {
  const { singleton } = subject.pinned.spec;
  const command = singleton?.exec?.[hook];
  if (command === undefined) return '';
  const result = await session.ports.target.exec(instance, command, singleton?.settleTimeoutMs ?? 60_000);
  if (result.code === 0) return result.stdout;
  throw new BatonError(
    'hook-failed',
    `The ${hook} hook of ${service} exited with code ${result.code}: ${result.stderr.slice(0, 200)}`,
    {
      fault: 'user',
      hint: 'Run the command by hand in the instance and mend it; the holder keeps the baton.',
    },
  );
};

/** Opens nothing new from here on; by signal this is the whole way out, settled by the program itself. */
export const quiesce = async (session: Session, action: Extract<Action, { kind: 'quiesce' }>): Promise<void> => {
  const { service, instance } = action;
  const { ports } = session;
  const subject = subjectOf(session, service, instance);
  const { singleton, stopGraceMs } = subject.pinned.spec;
  // One intent for the whole way to the revoke: quiesce, settle and checkpoint can each be asked again.
  await session.intend(RELEASE_HOLDER, instance);
  session.quiescedAt.set(service, ports.clock.monotonicMs());
  if (singleton?.stop === 'signal') {
    const death = await ports.target.stop(instance, stopGraceMs);
    session.note(service, { proof: { kind: 'death', death } });
    session.patch(instance, { state: 'dead' });
    return;
  }
  if (singleton?.stop === 'exec') {
    await runHook(session, service, instance, 'quiesce', subject);
    await session.record({ type: 'hook.ran', hook: 'quiesce', service, instance, code: 0 });
    return;
  }
  const goOn = goesOn(session, service, subject);
  const quiesced = await ports.lifecycle.quiesce(spoken(subject, service), authority(session, service), goOn);
  const { state, exposure, checkpoint: taken } = quiesced;
  session.patch(instance, { lifecycle: known(state) });
  if (state.phase !== 'settled' || exposure === undefined || taken === undefined || !isFlat(exposure, false)) return;
  session.settled.set(service, { instance, exposure });
  session.note(service, { checkpoint: { from: instance, checkpoint: taken } });
};

/**
 * Whether the holder may settle and save its state within the quiesce, which spares the handover two calls. What
 * takes seconds by nature has steps of its own, and so have several that move as one unit: all of them fall silent
 * before the first is settled. What it does not reach there is asked for again, and only that counts as failed.
 */
const goesOn = (session: Session, service: string, { pinned }: Subject): GoOn | undefined => {
  const policy = pinned.spec.singleton?.settle;
  if (policy === undefined || policy === 'flatten') return undefined;
  const alone = session.singletons().every((one) => one.service === service);
  return alone ? { policy, deadlineMs: GO_ON_MS } : undefined;
};

const hookExposure = (text: string): Exposure => {
  const none = unknown('the exposure hook said nothing of it');
  try {
    const answer = JSON.parse(text) as { openOrders?: unknown; positions?: unknown; inFlight?: unknown };
    const read = (value: unknown) =>
      typeof value === 'number' && Number.isInteger(value) && value >= 0 ? known(value) : none;
    return { openOrders: read(answer.openOrders), positions: read(answer.positions), inFlight: read(answer.inFlight) };
  } catch {
    return { openOrders: none, positions: none, inFlight: none };
  }
};

const describe = (exposure: Exposure): string =>
  (['openOrders', 'positions', 'inFlight'] as const)
    .map((name) => `${name} ${exposure[name].known ? exposure[name].value : `unknown (${exposure[name].reason})`}`)
    .join(', ');

/** Unknown is never flat. */
const isFlat = (exposure: Exposure, flatten: boolean): boolean => {
  const wanted = flatten
    ? ([exposure.openOrders, exposure.positions, exposure.inFlight] as const)
    : ([exposure.inFlight] as const);
  return wanted.every((value) => value.known && value.value === 0);
};

const mustBeFlat = (service: string, exposure: Exposure, flatten: boolean): void => {
  if (isFlat(exposure, flatten)) return;
  throw new BatonError('not-settled', `${service} could not be settled: ${describe(exposure)}.`, {
    hint: 'Look at the account at the venue; the holder keeps the baton until it is settled.',
  });
};

/** Cancels, closes or hands on what is open, as declared. */
export const settle = async (session: Session, action: Extract<Action, { kind: 'settle' }>): Promise<void> => {
  const { service, instance } = action;
  const subject = subjectOf(session, service, instance);
  await session.intend(RELEASE_HOLDER, instance);
  const { singleton } = subject.pinned.spec;
  const policy = singleton?.settle ?? 'keep';
  if (singleton?.stop === 'exec') {
    await runHook(session, service, instance, 'settle', subject);
    const exposure = hookExposure(await runHook(session, service, instance, 'exposure', subject));
    if (singleton.exec?.exposure !== undefined) mustBeFlat(service, exposure, policy === 'flatten');
    await session.record(
      { type: 'holder.settled', service, instance, exposure },
      { type: 'hook.ran', hook: 'settle', service, instance, code: 0 },
    );
    return;
  }
  const at = spoken(subject, service);
  const exposure = await session.ports.lifecycle.settle(
    at,
    authority(session, service),
    policy,
    singleton?.settleTimeoutMs ?? 60_000,
  );
  mustBeFlat(service, exposure, policy === 'flatten');
  session.settled.set(service, { instance, exposure });
  const view = session.instances.known ? session.instances.value.find((one) => one.instance === instance) : undefined;
  if (view?.lifecycle?.known === true) {
    session.patch(instance, { lifecycle: known({ ...view.lifecycle.value, phase: 'settled' }) });
  }
};

/** Takes the state that must survive; it is written with the revoke. */
export const checkpoint = async (session: Session, action: Extract<Action, { kind: 'checkpoint' }>): Promise<void> => {
  const { service, instance } = action;
  const subject = subjectOf(session, service, instance);
  await session.intend(RELEASE_HOLDER, instance);
  if (subject.pinned.spec.singleton?.stop === 'exec') {
    const text = await runHook(session, service, instance, 'checkpoint', subject);
    const taken = text === '' ? undefined : { state: text, takenAt: session.ports.clock.wallMs(), format: 'text' };
    session.note(service, { checkpoint: { from: instance, checkpoint: taken } });
    return;
  }
  const taken = await session.ports.lifecycle.checkpoint(spoken(subject, service), authority(session, service));
  session.note(service, { checkpoint: { from: instance, checkpoint: taken } });
};

/** Requests for these singletons wait from here on; those in flight finish first. */
export const hold = async (session: Session, action: Extract<Action, { kind: 'hold' }>): Promise<void> => {
  const { ports, goal, mandate } = session;
  await session.intend('hold', action.services.join(','));
  const bounds = { maxMs: goal.strategy.holdMs, ...ports.holdBounds };
  await ports.traffic.hold(
    goal.scope,
    mandate.epoch,
    action.services,
    bounds,
    Math.min(1_000, goal.strategy.holdMs / 2),
  );
  for (const service of action.services) session.note(service, { held: true });
};
