import { constants } from 'node:os';
import { BatonError } from '@baton/core';

/**
 * A signal as compose files write it (`SIGTERM`, `term`, `15`).
 * @throws BatonError `signal-unknown`
 */
export const signalNamed = (text: string): NodeJS.Signals => {
  const wanted = text.trim().toUpperCase();
  const entry = Object.entries(constants.signals).find(
    ([name, number]) => name === wanted || name === `SIG${wanted}` || String(number) === wanted,
  );
  if (entry !== undefined) return entry[0] as NodeJS.Signals;
  throw new BatonError('signal-unknown', `"${text}" is no signal of this machine`, {
    fault: 'user',
    hint: 'Use a name such as SIGTERM or SIGINT; "kill -l" lists them.',
  });
};
