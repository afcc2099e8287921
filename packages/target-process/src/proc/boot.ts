import { BatonError } from '@baton/core';
import { readKernelText } from './read-text.ts';

/**
 * The id of this boot; pids and start times mean something within one boot only.
 * @throws BatonError `proc-missing`
 */
export const readBootId = (): string => {
  const text = readKernelText('/proc/sys/kernel/random/boot_id')?.trim();
  if (text !== undefined && text !== '') return text;
  throw new BatonError('proc-missing', '/proc/sys/kernel/random/boot_id cannot be read', {
    hint: 'The process target needs Linux with /proc mounted.',
  });
};

/** Wall time of the boot, milliseconds since the epoch; with a start time it dates a process. */
export const readBootTimeMs = (): number => {
  const line = readKernelText('/proc/stat')?.match(/^btime (\d+)$/m);
  return line === null || line === undefined ? 0 : Number(line[1]) * 1000;
};
