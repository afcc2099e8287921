import { containerPorts } from '../app/container-ports.ts';
import type { InstanceView, World } from '../decide/world.ts';
import type { HealthMonitor } from '../health/monitor.ts';
import type { Known } from '../known.ts';
import { unknown } from '../known.ts';
import { momentOf } from '../moment.ts';
import type { Scope } from '../names.ts';
import type { LifecycleAddress, LifecycleState } from '../ports/lifecycle.ts';
import type { InstanceObservation, PinnedService } from '../ports/target.ts';
import type { Session } from './session.ts';

export const scopeOf = (key: string): Scope => {
  const [app = '', environment = ''] = key.split('/');
  return { app, environment };
};

/** Where an instance's lifecycle contract is spoken: its health port, else its main one. */
export const lifecycleAddress = (
  observation: InstanceObservation,
  pinned: PinnedService,
): LifecycleAddress | undefined => {
  const port = pinned.spec.health.http?.port ?? containerPorts(pinned.spec)[0];
  const address = port === undefined ? undefined : observation.addresses[port];
  return address === undefined ? undefined : { instance: observation.instance, address };
};

export const speaksLifecycle = (pinned: PinnedService): boolean =>
  pinned.spec.singleton !== undefined &&
  (pinned.spec.singleton.stop === 'http' || pinned.spec.singleton.start === 'warm');

const lifecycleOf = async (
  session: Session,
  observation: InstanceObservation,
  pinned: PinnedService,
): Promise<Known<LifecycleState> | undefined> => {
  if (!speaksLifecycle(pinned)) return undefined;
  const at = lifecycleAddress(observation, pinned);
  if (at === undefined) return unknown('it has no address');
  return await session.ports.lifecycle.observe(at);
};

/** Looks at everything: instances with health and phase, routes, baton records. */
export const look = async (session: Session, monitor: HealthMonitor): Promise<void> => {
  const { ports, goal } = session;
  const [seen, traffic] = await Promise.all([
    ports.target.observe(scopeOf(goal.scope)),
    ports.traffic.observe(goal.scope),
    session.readBatons(),
  ]);
  session.traffic = traffic;
  if (!seen.known) {
    session.instances = seen;
    return;
  }
  const placed = seen.value.map((observation) => ({
    observation,
    pinned: session.sideOf(observation.service, observation.slot, observation.release)?.pinned,
  }));
  monitor.track(placed.flatMap(({ observation, pinned }) => (pinned === undefined ? [] : [{ observation, pinned }])));
  const value = await Promise.all(
    placed.map(async ({ observation, pinned }): Promise<InstanceView> => {
      const lifecycle =
        observation.state === 'dead' || pinned === undefined
          ? undefined
          : await lifecycleOf(session, observation, pinned);
      return { ...observation, health: monitor.view(observation.instance), lifecycle };
    }),
  );
  session.instances = { known: true, value };
};

/** The world as it was last seen and told, for `decide`. */
export const worldOf = (session: Session): World => ({
  now: momentOf(session.ports.clock),
  facts: session.facts,
  instances: session.instances,
  traffic: session.traffic,
  batons: session.batons(),
  bakeHealthyMs: session.bakeHealthyMs,
});
