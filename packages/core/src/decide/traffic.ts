import { containerPorts } from '../app/container-ports.ts';
import type { Goal, Side } from '../goal/goal.ts';
import type { Slot } from '../names.ts';
import type { PeerRoute, PoolSpec, TrafficConfig, TrafficRoute } from '../ports/traffic.ts';
import { instancesOf, isReady, livingAt } from './lookup.ts';
import type { InstanceView, World } from './world.ts';

/** Where each service's traffic should go; absent for a service that nobody serves. */
export type Placement = ReadonlyMap<string, Side>;
type Routes = Omit<TrafficConfig, 'epoch'>;

/** A pool is a port of a service in a slot. */
export const poolId = (service: string, slot: Slot, port: number): string => `${service}@${slot}:${port}`;

const observedMembers = (world: World): ReadonlyMap<string, readonly string[]> => {
  const config = world.traffic.known ? world.traffic.value.config : undefined;
  return new Map(config?.pools.map((pool) => [pool.id, pool.members]) ?? []);
};

/** Ready instances, and those that already carry traffic: a driver that just started has counted no answer yet. */
const members = (world: World, service: string, side: Side, port: number): readonly string[] => {
  const carrying = new Set(observedMembers(world).get(poolId(service, side.slot, port)) ?? []);
  const addresses: string[] = [];
  for (const view of livingAt(world, service, side)) {
    const address = view.addresses[port];
    if (address === undefined) continue;
    if (isReady(view, side.pinned.spec) || carrying.has(address)) addresses.push(address);
  }
  return addresses.toSorted();
};

const clientRoutes = (addresses: readonly string[], service: string, side: Side): TrafficRoute[] => {
  const { spec } = side.pinned;
  const routes: TrafficRoute[] = [];
  const main = containerPorts(spec)[0];
  for (const route of main === undefined ? [] : spec.routes) {
    for (const listen of addresses) {
      const id = `${service}|${listen}|${route.host ?? '*'}|${route.path}`;
      const target = { listen, path: route.path, pool: poolId(service, side.slot, main as number), service };
      routes.push(route.host === undefined ? { id, ...target } : { id, ...target, host: route.host });
    }
  }
  for (const port of spec.ports) {
    if (port.published === undefined || port.protocol !== 'tcp') continue;
    const listen = `${port.published.host}:${port.published.port}`;
    const pool = poolId(service, side.slot, port.containerPort);
    routes.push({ id: `${service}|${listen}|*|/`, listen, path: '/', pool, service });
  }
  return routes;
};

/** The side on which `caller` finds `peer`: its own release's where both move, else whichever is live. */
const peerSide = (goal: Goal, placement: Placement, caller: InstanceView, peer: string): Side | undefined => {
  const callerMove = goal.moves.find((move) => move.service === caller.service);
  const peerMove = goal.moves.find((move) => move.service === peer);
  if (callerMove !== undefined && peerMove !== undefined) {
    const onTo = callerMove.to?.slot === caller.slot && callerMove.to.release === caller.release;
    const own = onTo ? peerMove.to : peerMove.from;
    if (own !== null) return own;
  }
  return placement.get(peer) ?? peerMove?.to ?? peerMove?.from ?? undefined;
};

const servicesOf = (goal: Goal): readonly string[] => [
  ...new Set([...goal.kept.map((kept) => kept.service), ...goal.moves.map((move) => move.service)]),
];

/**
 * The whole traffic of the scope for a placement: client routes, the pools they name, and for each living
 * instance its own address of every peer.
 * @param which side's addresses clients come in by: a new one is asked for with the switch, and not on the way back
 */
export const routesFor = (goal: Goal, world: World, placement: Placement, which: 'from' | 'to' = 'to'): Routes => {
  const pools = new Map<string, PoolSpec>();
  const usePool = (service: string, side: Side, port: number): string => {
    const id = poolId(service, side.slot, port);
    if (!pools.has(id)) pools.set(id, { id, members: members(world, service, side, port) });
    return id;
  };
  const routes: TrafficRoute[] = [];
  const addresses = (which === 'from' ? goal.listenBefore : undefined) ?? goal.listen;
  for (const [service, side] of placement) {
    for (const port of containerPorts(side.pinned.spec)) usePool(service, side, port);
    routes.push(...clientRoutes(addresses, service, side));
  }
  const peers: PeerRoute[] = [];
  for (const caller of instancesOf(world)) {
    if (caller.state === 'dead') continue;
    for (const peer of servicesOf(goal)) {
      const side = peer === caller.service ? undefined : peerSide(goal, placement, caller, peer);
      const port = side === undefined ? undefined : containerPorts(side.pinned.spec)[0];
      if (side === undefined || port === undefined) continue;
      peers.push({ prefix: `/${caller.instance}/${peer}`, pool: usePool(peer, side, port) });
    }
  }
  return {
    scope: goal.scope,
    pools: [...pools.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    // A published port and a declared route may name the same address; one of them is enough.
    routes: [...new Map(routes.map((route) => [route.id, route])).values()].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    peers: peers.toSorted((a, b) => (a.prefix < b.prefix ? -1 : 1)),
  };
};

/** Equal as JSON is: the order of keys means nothing, and an undefined field is none. */
const sameJson = (one: unknown, other: unknown): boolean => {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) || Array.isArray(other))
    return (
      Array.isArray(one) &&
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((value, index) => sameJson(value, other[index]))
    );
  const [left, right] = [one as Record<string, unknown>, other as Record<string, unknown>];
  return (
    Object.keys(left).every((key) => sameJson(left[key], right[key])) &&
    Object.keys(right).every((key) => right[key] === undefined || left[key] !== undefined)
  );
};

/** True where the gateway already carries exactly this. */
export const inForce = (world: World, wanted: Routes): boolean => {
  const config = world.traffic.known ? world.traffic.value.config : undefined;
  if (config === undefined) return wanted.routes.length + wanted.pools.length + wanted.peers.length === 0;
  const { epoch: _, ...seen } = config;
  return sameJson(seen, wanted);
};

/** Where everything stands on one side of the moves; what did not move stays. */
export const placementOn = (goal: Goal, side: 'from' | 'to'): Placement => {
  const placement = new Map<string, Side>(
    goal.kept.map((kept) => [kept.service, side === 'from' ? (kept.before ?? kept) : kept]),
  );
  for (const move of goal.moves) {
    const placed = move[side];
    if (placed !== null) placement.set(move.service, placed);
    else placement.delete(move.service);
  }
  return placement;
};
