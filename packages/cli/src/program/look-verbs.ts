import { ENVIRONMENT, SERVICE } from './deploy-verbs.ts';
import { durationMs, positiveInteger, since, slot } from './option-values.ts';
import type { Verb, VerbOption } from './verb.ts';

const SLOT: VerbOption = { flags: '--slot <colour>', about: 'only blue or green', parse: slot };
const SLOT_ARGUMENT = { name: 'slot', about: 'blue or green; the same as --slot' } as const;

export const lookVerbs: readonly Verb[] = [
  {
    name: 'status',
    group: 'Look',
    summary: 'what is live, who holds the baton, what is being done',
    about: 'Ends with 0 where everything live is up and whoever must act acts, with 1 where not.',
    arguments: [ENVIRONMENT],
    options: [],
    examples: ['baton status', 'baton status production --json'],
    load: () => import('../commands/status.ts'),
  },
  {
    name: 'monitor',
    group: 'Look',
    summary: 'watch both slots: health, resources, logs, progress',
    arguments: [ENVIRONMENT],
    options: [
      { flags: '--once', about: 'one look, and end' },
      { flags: '--interval <duration>', about: 'time between two looks (default: 1s)', parse: durationMs },
    ],
    examples: ['baton monitor', 'baton monitor --once'],
    load: () => import('../commands/monitor.ts'),
  },
  {
    name: 'validate',
    group: 'Look',
    summary: 'check after a deployment that everything is as it should be',
    about:
      'Every instance up, healthy and of the expected release; one holder for each baton; routes at the live slot.',
    arguments: [ENVIRONMENT, SLOT_ARGUMENT],
    options: [SLOT],
    examples: ['baton validate', 'baton validate production green'],
    load: () => import('../commands/validate.ts'),
  },
  {
    name: 'health',
    group: 'Look',
    summary: 'how healthy each instance is now',
    arguments: [ENVIRONMENT, SLOT_ARGUMENT],
    options: [SLOT, SERVICE, { flags: '-v, --verbose', about: 'layers, addresses and last failures too' }],
    examples: ['baton health', 'baton health production --slot green --verbose'],
    load: () => import('../commands/health.ts'),
  },
  {
    name: 'logs',
    group: 'Look',
    summary: 'what the instances wrote',
    arguments: [ENVIRONMENT],
    options: [
      SERVICE,
      SLOT,
      { flags: '-F, --follow', about: 'go on until Ctrl-C' },
      { flags: '--since <when>', about: 'a duration back (10m) or a time (2026-11-21T10:00:00Z)', parse: since },
      {
        flags: '--limit <lines>',
        about: 'at most this many of the newest lines (default: 200)',
        parse: positiveInteger,
      },
    ],
    examples: ['baton logs --service bot --since 10m', 'baton logs --follow'],
    load: () => import('../commands/logs.ts'),
  },
  {
    name: 'history',
    group: 'Look',
    summary: 'releases, and how each deployment of them ended',
    arguments: [ENVIRONMENT],
    options: [
      { flags: '--limit <releases>', about: 'at most this many of the newest (default: 20)', parse: positiveInteger },
    ],
    examples: ['baton history'],
    load: () => import('../commands/history.ts'),
  },
  {
    name: 'audit',
    group: 'Look',
    summary: 'the journal: every decision, intent and outcome',
    about:
      'With --verify every hash of the chain is computed again, without the daemon too; ends with 1 where it is broken.',
    arguments: [ENVIRONMENT],
    options: [
      { flags: '--verify', about: 'check the whole chain' },
      { flags: '--limit <entries>', about: 'at most this many of the newest (default: 50)', parse: positiveInteger },
    ],
    examples: ['baton audit --verify', 'baton audit --json --limit 1000'],
    load: () => import('../commands/audit.ts'),
  },
];
