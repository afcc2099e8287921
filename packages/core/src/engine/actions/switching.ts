import { containerPorts } from '../../app/container-ports.ts';
import type { Action } from '../../decide/action.ts';
import { poolId } from '../../decide/traffic.ts';
import type { Goal, Side } from '../../goal/goal.ts';
import { momentOf } from '../../moment.ts';
import type { Session } from '../session.ts';

/** The routes as they should be, in one atomic step; what was held goes on. */
export const route = async (session: Session, action: Extract<Action, { kind: 'route' }>): Promise<void> => {
  const { ports, goal, mandate } = session;
  await session.intend('route', `${action.direction}/${action.final ? 'final' : 'partial'}`);
  const config = { ...action.config, epoch: mandate.epoch };
  const { maxHeldMs } = await ports.traffic.release(goal.scope, mandate.epoch, action.release, config);
  for (const service of action.release) session.note(service, { held: false });
  if (action.final) {
    await session.record({
      type: 'traffic.switched',
      direction: action.direction,
      at: momentOf(ports.clock),
      maxHeldMs,
    });
  }
};

/** Every side of a service that the goal names; what it keeps is retired too where a stop overtook it. */
const sidesOf = (goal: Goal, service: string): readonly Side[] =>
  [
    ...goal.moves.filter((move) => move.service === service).flatMap(({ from, to }) => [from, to]),
    ...goal.kept.filter((kept) => kept.service === service),
  ].filter((side) => side !== null);

/** Drains a slot to its deadline, then stops what runs in it; its copy is kept for the way back. */
export const retire = async (session: Session, action: Extract<Action, { kind: 'retire' }>): Promise<void> => {
  const { ports, goal, mandate } = session;
  const { service, slot } = action;
  await session.intend('retire', `${service}@${slot}`);
  const singleton = session.singletons().some((one) => one.service === service);
  const reason = singleton ? 'singleton-replaced' : 'drained';
  const spec = sidesOf(goal, service).find((side) => side.slot === slot)?.pinned.spec;
  const pools = spec === undefined ? [] : containerPorts(spec).map((port) => poolId(service, slot, port));
  const drained = await Promise.all(
    pools.map((pool) => ports.traffic.drain(goal.scope, mandate.epoch, pool, action.drainMs, reason)),
  );
  const cut = drained.reduce((sum, one) => sum + one.cut, 0);
  const graceMs = spec?.stopGraceMs ?? 10_000;
  await Promise.all(action.instances.map((instance) => ports.target.stop(instance, graceMs)));
  await session.record({ type: 'slot.retired', service, slot, cut });
};
