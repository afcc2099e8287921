import { BatonError, type HoldBounds, type TrafficConfig } from '@baton/core';
import { count, fields, list, readBounds, readConfig, text } from '../control/wire.ts';

/** What survives everything: written with fsync before it is in force. */
export interface DurableState {
  readonly version: 1;
  /** Port of the peer listener; workloads were told it, so it never changes. */
  readonly peerPort: number;
  readonly configs: readonly TrafficConfig[];
  /** Highest epoch seen of each scope, removed ones included. */
  readonly epochs: Readonly<Record<string, number>>;
}

export interface HeldService {
  readonly scope: string;
  readonly service: string;
  readonly epoch: number;
  readonly bounds: HoldBounds;
  readonly endsAtWallMs: number;
}

/**
 * What must survive the death of the process but not that of the machine: a hold lasts seconds, and after a
 * reboot it has ended. So it is written without fsync, and a handover does not wait for the disk.
 */
export interface MomentState {
  readonly version: 1;
  readonly holds: readonly HeldService[];
  readonly epochs: Readonly<Record<string, number>>;
}

const readEpochs = (value: unknown): Record<string, number> => {
  const from = fields(value, 'epochs');
  return Object.fromEntries(Object.keys(from).map((scope) => [scope, count(from, scope)]));
};

const parsed = (json: string): Readonly<Record<string, unknown>> => {
  const from = fields(JSON.parse(json), 'state');
  if (from.version !== 1) throw new Error(`version ${String(from.version)} is not known to this gateway`);
  return from;
};

/** @throws BatonError `gateway-state-corrupt` */
export const readDurableState = (json: string, file: string): DurableState => {
  try {
    const from = parsed(json);
    return {
      version: 1,
      peerPort: count(from, 'peerPort'),
      configs: list(from, 'configs').map(readConfig),
      epochs: readEpochs(from.epochs),
    };
  } catch (error) {
    throw new BatonError('gateway-state-corrupt', `${file} cannot be read: ${(error as Error).message}`, {
      hint: 'Nothing was started, so that no route is lost in silence. Restore the file, or remove it and deploy again.',
      cause: error,
    });
  }
};

/** A file that cannot be read means that nothing is held. */
export const readMomentState = (json: string): MomentState => {
  try {
    const from = parsed(json);
    const holds = list(from, 'holds').map((item): HeldService => {
      const held = fields(item, 'hold');
      return {
        scope: text(held, 'scope'),
        service: text(held, 'service'),
        epoch: count(held, 'epoch'),
        bounds: readBounds(held.bounds),
        endsAtWallMs: count(held, 'endsAtWallMs'),
      };
    });
    return { version: 1, holds, epochs: readEpochs(from.epochs) };
  } catch {
    return { version: 1, holds: [], epochs: {} };
  }
};
