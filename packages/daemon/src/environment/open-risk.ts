import {
  type EnginePorts,
  type Known,
  lifecycleAddress,
  type OpenRisk,
  type Session,
  type Side,
  speaksLifecycle,
  unknown,
} from '@baton/core';

/** Of one trader: what the venue says, and where there is none to ask, what the holder says of itself. */
const riskOf = async (ports: EnginePorts, session: Session, service: string, side: Side): Promise<Known<OpenRisk>> => {
  const { spec } = side.pinned;
  const venue = ports.venue(spec);
  if (venue !== undefined && spec.singleton?.account !== undefined) {
    const seen = await venue.exposure(spec.singleton.account);
    if (!seen.known) return seen;
    const positions = seen.value.positions.filter(({ quantity }) => quantity !== 0);
    return { known: true, value: { orders: seen.value.orders.length, positions: positions.length } };
  }
  const holder = session.baton(service).holder;
  if (holder === null) return unknown(`nobody holds the baton of ${service}, so nobody can say what is open`);
  if (!session.instances.known) return session.instances;
  const view = session.instances.value.find(({ instance }) => instance === holder.instance);
  const at = view === undefined ? undefined : lifecycleAddress(view, side.pinned);
  if (at === undefined || !speaksLifecycle(side.pinned)) return unknown(`${service} cannot be asked what is open`);
  const { openOrders, positions } = await ports.lifecycle.exposure(at);
  if (!openOrders.known) return openOrders;
  if (!positions.known) return positions;
  return { known: true, value: { orders: openOrders.value, positions: positions.value } };
};

/** What is open now over all that an environment trades. Where one cannot say, the sum is unknown. */
export const openRisk = async (ports: EnginePorts, session: Session | undefined): Promise<Known<OpenRisk>> => {
  let [orders, positions] = [0, 0];
  for (const { service, side } of session?.singletons() ?? []) {
    if (session === undefined || side.pinned.spec.singleton?.account === undefined) continue;
    const risk = await riskOf(ports, session, service, side).catch((error: unknown) =>
      unknown(error instanceof Error ? error.message : String(error)),
    );
    if (!risk.known) return risk;
    orders += risk.value.orders;
    positions += risk.value.positions;
  }
  return { known: true, value: { orders, positions } };
};
