import type { ControlPlane } from './control-plane.ts';
import { count, fields, readBounds, readConfig, text, texts } from './wire.ts';

type Operation = (plane: ControlPlane, request: Readonly<Record<string, unknown>>) => Promise<object>;

const who = (from: Readonly<Record<string, unknown>>) => ({ scope: text(from, 'scope'), epoch: count(from, 'epoch') });

/** What can be asked on the control socket, by the last part of its path. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  observe: async (plane, from) => await plane.observe(text(from, 'scope')),
  apply: async (plane, from) => {
    await plane.apply(readConfig(from.config));
    return {};
  },
  hold: async (plane, from) =>
    await plane.hold({
      ...who(from),
      services: texts(from, 'services'),
      bounds: readBounds(from.bounds),
      inFlightWaitMs: count(from, 'inFlightWaitMs'),
    }),
  release: async (plane, from) =>
    await plane.release({
      ...who(from),
      services: texts(from, 'services'),
      ...(from.config === undefined ? {} : { config: readConfig(from.config) }),
    }),
  drain: async (plane, from) =>
    await plane.drain({
      ...who(from),
      pool: text(from, 'pool'),
      deadlineMs: count(from, 'deadlineMs'),
      reason: from.reason === 'singleton-replaced' ? 'singleton-replaced' : 'drained',
    }),
  remove: async (plane, from) => {
    const { scope, epoch } = who(from);
    await plane.remove(scope, epoch);
    return {};
  },
  takeover: async (plane, from) =>
    await plane.handOver(from.command === undefined ? undefined : texts(fields(from, 'takeover'), 'command')),
};
