import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock, Ids } from '@baton/core';

/** The machine's own time. The monotonic clock counts from boot, so readings of two processes compare. */
export const systemClock = (): Clock => {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return {
    wallMs: () => Date.now(),
    monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
    bootId: () => boot,
    sleep: async (ms, signal) => {
      await sleep(ms, undefined, signal === undefined ? {} : { signal });
    },
  };
};

export const randomIds = (): Ids => ({ next: () => randomBytes(16).toString('hex') });
