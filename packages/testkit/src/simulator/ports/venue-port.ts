import { type Known, known, type Prober, unknown, type Venue, type VenueExposure } from '@baton/core';
import type { SimProcess } from '../sim-process.ts';
import type { SimWorld } from '../world/world.ts';
import { portCall } from './call.ts';

/** The broker as Baton asks it, out of band of any bot. */
export const simVenue = (world: SimWorld, process: SimProcess): Venue => {
  const call = async <T>(method: string, account: string, effect: () => Known<T>): Promise<Known<T>> =>
    await portCall<Known<T>>(world, process, {
      port: 'venue',
      method,
      subject: account,
      remote: true,
      timeoutMs: 500,
      effect: () => (world.venue.account(account).silentUntilMs > world.nowMs ? unknown('no answer') : effect()),
      unanswered: () => unknown('no answer'),
    });
  return {
    exposure: async (name) => {
      const { handover } = world.invariants;
      let isEarly = false;
      const answer = await call('exposure', name, (): Known<VenueExposure> => {
        const account = world.venue.account(name);
        const foreign = account.foreign === undefined ? [] : [account.foreign];
        isEarly = handover.isEarly(name);
        return known({
          orders: [...account.orders.values(), ...foreign].map(({ clientId, orderId }) => ({ clientId, orderId })),
          positions: account.position === 0 ? [] : [{ symbol: 'X', quantity: account.position }],
        });
      });
      handover.venueAnswered(name, answer.known ? answer.value : undefined, isEarly);
      return answer;
    },
    cancelAll: async (name) =>
      await call('cancelAll', name, () => {
        const { size } = world.venue.account(name).orders;
        world.venue.account(name).orders.clear();
        world.changed();
        return known(size);
      }),
    fence: async (name) => await call('fence', name, () => known(false)),
  };
};

/** Looks at instances from outside. */
export const simProber = (world: SimWorld, process: SimProcess): Prober => ({
  http: async (address, path, timeoutMs) =>
    await portCall(world, process, {
      port: 'prober',
      method: 'http',
      subject: `${address}${path}`,
      remote: true,
      timeoutMs,
      unanswered: () => ({ ok: false as const, reason: 'no answer in time' }),
      effect: () => {
        const instance = world.machine.byAddress.get(address);
        if (instance === undefined || !instance.alive || instance.readyAtMs > world.nowMs)
          return { ok: false as const, reason: 'refused' };
        if (instance.paused) return { ok: false as const, reason: 'no answer in time' };
        if (instance.flaps > 0) {
          instance.flaps -= 1;
          world.changed();
          return { ok: true as const, status: 503, body: '' };
        }
        const { behaviour } = instance;
        if (behaviour === 'never-healthy') return { ok: true as const, status: 500, body: '' };
        if (behaviour === 'flaps' && world.random.below(3) === 0) return { ok: true as const, status: 500, body: '' };
        const release = behaviour === 'other-release' ? instance.release + 100 : instance.release;
        const body = path === '/health/detailed' ? JSON.stringify({ release, digest: instance.digest }) : 'ok';
        return { ok: true as const, status: 200, body };
      },
    }),
  tcp: async () => ({ ok: true as const }),
});
