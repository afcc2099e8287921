import { known, type Traffic, unknown } from '@baton/core';
import type { SimProcess } from '../sim-process.ts';
import type { SimWorld } from '../world/world.ts';
import { portCall, silent } from './call.ts';

/** The gateway as one process of Baton reaches it over its control socket. */
export const simTraffic = (world: SimWorld, process: SimProcess): Traffic => {
  const { gateway } = world;
  const call = async <T>(
    method: string,
    subject: string,
    effect: () => T | Promise<T>,
    unanswered: () => T = () => {
      throw silent(`the gateway's ${method}`, 'gateway-unreachable');
    },
  ): Promise<T> =>
    await portCall<T>(world, process, {
      port: 'traffic',
      method,
      subject,
      remote: true,
      timeoutMs: 2_000,
      effect: () => (gateway.isDown ? unanswered() : effect()),
      mayWait: () => method === 'hold' || method === 'drain',
      unanswered,
    });
  const effect = (kind: 'hold' | 'route', subject: string): void =>
    world.invariants.effect({ kind, instance: subject, by: process });
  return {
    observe: async (scope) =>
      await call(
        'observe',
        scope,
        () => known(gateway.observe(scope)),
        () => unknown('the gateway does not answer'),
      ),
    apply: async (config) => await call('apply', '', () => gateway.apply(config)),
    hold: async (_scope, epoch, services, bounds, inFlightWaitMs) =>
      await call('hold', services.join(','), async () => {
        effect('hold', services.join(','));
        gateway.hold(epoch, services, bounds);
        return { inFlight: await gateway.idle(services, inFlightWaitMs) };
      }),
    release: async (_scope, epoch, services, config) =>
      await call('release', services.join(','), () => {
        effect('route', '');
        return gateway.release(epoch, services, config);
      }),
    drain: async (_scope, epoch, pool, deadlineMs) =>
      await call('drain', pool, async () => ({ cut: await gateway.drain(epoch, pool, deadlineMs) })),
    remove: async (_scope, epoch) => await call('remove', '', () => gateway.remove(epoch)),
  };
};
