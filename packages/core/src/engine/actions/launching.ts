import type { Action } from '../../decide/action.ts';
import type { Side } from '../../goal/goal.ts';
import { momentOf } from '../../moment.ts';
import { type InstanceId, instanceId } from '../../names.ts';
import type { StartAs } from '../../ports/target.ts';
import { scopeOf } from '../look.ts';
import type { Session } from '../session.ts';

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
  await session.intend('launch', instance);
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

/** Starts a cold singleton under the nonce that was granted. */
export const launchHolder = async (
  session: Session,
  action: Extract<Action, { kind: 'launch-holder' }>,
): Promise<void> => {
  await start(session, action.service, action.side, 0, action.instance, { kind: 'holder', token: action.token });
};
