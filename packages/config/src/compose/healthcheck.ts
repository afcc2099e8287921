import * as z from 'zod';
import { duration, flag, Refusal, scalar, wholeNumber } from '../values/index.ts';
import { composeObject } from './compose-object.ts';

/** An argument vector, or `none` for a check that is switched off. */
export type HealthcheckTest = readonly string[] | 'none';

const shellLine = (line: string): HealthcheckTest => ['/bin/sh', '-c', line];

const testList = () =>
  z.array(scalar('a text', { type: 'string' }, (word) => word)).transform((words, context): HealthcheckTest => {
    const [kind, ...rest] = words;
    if (kind === 'NONE' && rest.length === 0) return 'none';
    if (kind === 'CMD' && rest.length > 0) return rest;
    if (kind === 'CMD-SHELL' && rest.length === 1) return shellLine(rest[0] ?? '');
    const message = 'a list under test begins with CMD and words, CMD-SHELL and one line, or is [NONE]';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

const testLine = () =>
  scalar<HealthcheckTest>('a shell line', { type: 'string' }, (line) =>
    line.trim() === '' ? new Refusal('the test is empty') : shellLine(line),
  );

/** A schema of compose's `healthcheck`. */
export const healthcheck = () =>
  composeObject({
    test: z.union([testLine(), testList()]).optional(),
    interval: duration({ minMs: 1 }).optional(),
    timeout: duration({ minMs: 1 }).optional(),
    retries: wholeNumber(1, 1000).optional(),
    start_period: duration().optional(),
    start_interval: duration().optional(),
    disable: flag().optional(),
  });
