import type { Action } from '../../decide/action.ts';
import { BatonError } from '../../errors/index.ts';
import type { Side } from '../../goal/goal.ts';
import { LAUNCH } from '../../journal/facts.ts';
import { momentOf } from '../../moment.ts';
import { type InstanceId, instanceId } from '../../names.ts';
import type { StartAs } from '../../ports/target.ts';
import { scopeOf } from '../look.ts';
import type { Session } from '../session.ts';

/** How long a kill may take to be confirmed. */
const DEATH_TIMEOUT_MS = 10_000;

const peerEnvironment = (session: Session, service: string, instance: string): Record<string, string> => {
  const base = session.traffic.known ? session.traffic.value.peerBase : '';
  const services = new Set([...session.goal.moves, ...session.goal.kept].map((one) => one.service));
  services.delete(service);
  return Object.fromEntries(
    [...services].map((peer) => [
      `BATON_PEER_${peer.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`,
      `${base}/${instance}/${peer}`,
    ]),
  );
};

const start = async (
  session: Session,
  service: string,
  side: Side,
  replica: number,
  instance: InstanceId,
  startAs: StartAs,
): Promise<void> => {
  const { ports, goal } = session;
  await session.intend(LAUNCH, instance);
  const at = momentOf(ports.clock);
  const observation = await ports.target.launch({
    scope: scopeOf(goal.scope),
    service: side.pinned,
    release: side.release,
    slot: side.slot,
    instance,
    replica,
    startAs,
    secret: ports.secretOf(instance),
    environment: {
      ...peerEnvironment(session, service, instance),
      ...ports.secretValuesOf(goal.scope, service, side.pinned.spec.secrets ?? []),
    },
  });
  const { slot, release } = side;
  await session.record({ type: 'instance.launched', at, service, slot, release, instance, handle: observation.handle });
};

/** Starts a replica or a standby, under a fresh nonce. */
export const launch = async (session: Session, action: Extract<Action, { kind: 'launch' }>): Promise<void> => {
  const instance = instanceId(session.ports.ids.next());
  await start(session, action.service, action.side, action.replica, instance, { kind: action.startAs });
};

type LaunchHolder = Extract<Action, { kind: 'launch-holder' }>;

const mayStillAct = async (session: Session, { service, instance, token }: LaunchHolder): Promise<boolean> => {
  await session.readBatons();
  const { latch, holder, token: now } = session.baton(service);
  return latch === null && holder?.instance === instance && now === token;
};

const moved = (service: string, what: string): BatonError =>
  new BatonError('baton-moved', `The baton of ${service} moved ${what}.`, {
    hint: 'Run "baton status": the latch may have been set.',
  });

/**
 * Starts a cold singleton under the nonce that was granted. It acts from its first instruction, so the record
 * is read before and after: whoever set the latch between could not see a process that was not there yet.
 */
export const launchHolder = async (session: Session, action: LaunchHolder): Promise<void> => {
  const { service, side, instance, token } = action;
  if (!(await mayStillAct(session, action))) throw moved(service, 'before it was started; nothing was');
  await start(session, service, side, 0, instance, { kind: 'holder', token });
  if (await mayStillAct(session, action)) return;
  await session.ports.target.kill(instance, DEATH_TIMEOUT_MS);
  throw moved(service, 'while it was started; the instance was killed');
};
