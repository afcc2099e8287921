import { collect, positiveInteger } from './option-values.ts';
import type { Verb, VerbOption } from './verb.ts';

export const ENVIRONMENT = {
  name: 'environment',
  about: 'as declared in baton.yaml; may be left out where there is one',
} as const;
export const SERVICE: VerbOption = {
  flags: '-s, --service <name>',
  about: 'only this service; may be repeated',
  parse: collect,
};
export const DETACH: VerbOption = {
  flags: '-d, --detach',
  about: 'do not follow it; "baton monitor" shows how it goes',
};
export const YES: VerbOption = { flags: '-y, --yes', about: 'do not ask' };
const FORCE: VerbOption = {
  flags: '--force',
  about: 'resource, log and reachability layers do not count before the switch; nothing else is ever skipped',
};

const IRREVERSIBLE: VerbOption = {
  flags: '--irreversible',
  about: 'go on although learned state is in a format that the other release cannot read',
};

export const deployVerbs: readonly Verb[] = [
  {
    name: 'deploy',
    group: 'Deploy',
    summary: 'make a release of what is here, and switch to it',
    about: `Starts what changed beside what is live, waits until it is healthy, hands over, switches the traffic, and goes
back by itself where the new release misbehaves. Ctrl-C detaches; the deployment goes on.

Exit codes: 0 live and healthy, 1 failed and nothing changed, 3 rolled back, 4 blocked, 5 a person must decide.`,
    arguments: [ENVIRONMENT],
    options: [
      SERVICE,
      { flags: '-t, --tag <tag>', about: 'name of the release, such as v1.2.3' },
      { flags: '-n, --dry-run', about: 'show the plan and do nothing' },
      { flags: '--skip-build', about: 'take what is built already' },
      { flags: '--skip-infra', about: 'leave infrastructure alone (it is never touched on this machine)' },
      FORCE,
      IRREVERSIBLE,
      DETACH,
      YES,
    ],
    examples: ['baton deploy', 'baton deploy staging --service bot --tag v1.2.3', 'baton deploy --dry-run'],
    load: () => import('../commands/deploy.ts'),
  },
  {
    name: 'plan',
    group: 'Deploy',
    summary: 'show what a deployment would do',
    arguments: [ENVIRONMENT],
    options: [
      SERVICE,
      { flags: '-t, --tag <tag>', about: 'name of the release' },
      { flags: '--exit-code', about: 'end with 6 where something differs, 0 where nothing does' },
    ],
    examples: ['baton plan', 'baton plan staging --exit-code'],
    load: () => import('../commands/plan.ts'),
  },
  {
    name: 'rollback',
    group: 'Deploy',
    summary: 'go back to an earlier release',
    about: 'The earlier release runs as it was: its files were copied when it was made. "baton history" lists them.',
    arguments: [ENVIRONMENT],
    options: [
      {
        flags: '--to <release>',
        about: 'number of the release (default: the last good one before this)',
        parse: positiveInteger,
      },
      SERVICE,
      { flags: '-n, --dry-run', about: 'show the plan and do nothing' },
      FORCE,
      IRREVERSIBLE,
      DETACH,
    ],
    examples: ['baton rollback', 'baton rollback production --to 6', 'baton rollback --service bot'],
    load: () => import('../commands/rollback.ts'),
  },
  {
    name: 'restart',
    group: 'Deploy',
    summary: 'start the live release anew, with the same gates and handover',
    arguments: [ENVIRONMENT],
    options: [SERVICE, DETACH],
    examples: ['baton restart --service bot'],
    load: () => import('../commands/restart.ts'),
  },
  {
    name: 'verify',
    group: 'Deploy',
    summary: 'check before a deployment that it could begin',
    about:
      'Reads the whole configuration and asks the target. Changes nothing. Ends with 4 where something is in the way.',
    arguments: [ENVIRONMENT],
    options: [SERVICE],
    examples: ['baton verify', 'baton verify production'],
    load: () => import('../commands/verify.ts'),
  },
  {
    name: 'render',
    group: 'Deploy',
    summary: 'print the configuration as it is understood, every default filled in',
    arguments: [ENVIRONMENT],
    options: [{ flags: '--reveal', about: 'show values of variables whose names look secret' }],
    examples: ['baton render', 'baton render production --json'],
    load: () => import('../commands/render.ts'),
  },
];
