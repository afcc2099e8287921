import * as z from 'zod';
import {
  address,
  cores,
  duration,
  filledText,
  flag,
  httpUrl,
  name,
  Refusal,
  scalar,
  size,
  sshUrl,
  variableName,
  wholeNumber,
} from '../values/index.ts';
import { DEFAULT_ACME_DIRECTORY, DEFAULTS } from './defaults.ts';
import { inWords, key, mappingOrNothing, requiredKey } from './key.ts';
import { namesShape } from './names-schema.ts';
import { limitsSchema, windowSchema } from './policy-schema.ts';

const HOUR_MS = 3_600_000;

/** The timings of a deployment; in `strategy` for all environments, in an environment for itself. */
export const timings = () => ({
  bake: key(
    duration({ maxMs: 24 * HOUR_MS }),
    'Time observed healthy after the switch in which the release goes back by itself. MIGRATION_GRACE_PERIOD (seconds) overrides it.',
    DEFAULTS.bake,
  ),
  drain: key(
    duration({ maxMs: HOUR_MS }),
    'How long requests and streams of the old slot may take to end.',
    DEFAULTS.drain,
  ),
  hold: key(
    duration({ maxMs: 5 * 60_000 }),
    'The longest that the gateway holds a request before it answers 503.',
    DEFAULTS.hold,
  ),
  rollbackTimeout: key(
    duration({ minMs: 1000, maxMs: 24 * HOUR_MS }),
    'How long going back may take before a person is asked. ROLLBACK_TIMEOUT (seconds) overrides it.',
    DEFAULTS.rollbackTimeout,
  ),
  gateTimeout: key(
    duration({ minMs: 1000, maxMs: 24 * HOUR_MS }),
    'How long a new instance may take to pass its gate.',
    DEFAULTS.gateTimeout,
  ),
});

const awsAccount = () =>
  scalar('an AWS account of twelve digits', { type: ['string', 'integer'], pattern: '^\\d{12}$' }, (text) =>
    /^\d{12}$/.test(text)
      ? text
      : new Refusal(`"${text}" is no AWS account; it has twelve digits (in quotes where it begins with 0)`),
  );

const region = () =>
  scalar('an AWS region', { type: 'string', pattern: '^[a-z]{2}(-[a-z]+)+-\\d$' }, (text) =>
    /^[a-z]{2}(-[a-z]+)+-\d$/.test(text) ? text : new Refusal(`"${text}" is no AWS region; write it like "eu-west-1"`),
  );

const variables = () =>
  z.record(
    variableName(),
    scalar('a text', { type: ['string', 'number', 'boolean'] }, (text) => text),
  );

const tls = () =>
  z.strictObject({
    certificate: key(filledText('a file name'), 'PEM file with the certificate and its chain.'),
    key: key(filledText('a file name'), 'PEM file with its key.'),
    acme: key(
      z.strictObject({
        email: filledText('an address').meta({ description: 'Where the authority writes to.' }),
        directory: key(httpUrl(), 'Directory of the authority.', DEFAULT_ACME_DIRECTORY),
      }),
      'Certificates by ACME instead of files.',
    ),
  });

const serviceOverrides = () =>
  mappingOrNothing({
    count: key(wholeNumber(1, 1000), 'Instances here.'),
    cpu: key(cores(), 'CPU here.'),
    memory: key(size(), 'Memory limit here.'),
    environment: key(variables(), 'Variables on top of all others.'),
  });

/** Everything that baton.yaml says of one environment. */
export const environmentSchema = z.strictObject({
  target: requiredKey(z.enum(['process', 'docker', 'ecs']), 'What it runs on.'),
  preset: key(
    z.enum(['dev', 'staging', 'production', 'none']),
    'Defaults of a kind of environment. The names dev, development, staging, prod and production choose it by themselves.',
  ),
  host: key(sshUrl(), 'Another machine, `ssh://user@host`; absent means this one.'),
  listen: key(
    z.array(address()),
    'Addresses of the gateway for routes. The default holds where there are routes, with the next port that no service publishes.',
    [DEFAULTS.listen],
  ),
  tls: key(tls(), 'Certificate for the addresses under `listen`.'),
  region: key(region(), 'AWS region. Required by `target: ecs`.'),
  awsAccount: key(awsAccount(), 'AWS account; another one is refused. Required by `target: ecs`.'),
  tags: key(
    z.enum(['any', 'digest', 'semver']),
    'Which image tags may be deployed. `semver` is the default of the preset production on ECS.',
    'any',
  ),
  approvals: key(wholeNumber(0, 20), 'Persons who must approve a deployment.', 0),
  windows: key(
    z.array(windowSchema()),
    'When a deployment may begin, such as `mon-fri 09:00-17:00 Europe/London`.',
    inWords('at any time'),
  ),
  calendars: key(z.array(z.string()), 'Calendars (declared at the top) during whose events none may begin.'),
  limits: key(limitsSchema(), 'Limits here, on top of those of the app.'),
  notify: key(z.array(z.string()), 'Which of the declared channels hear of it.', inWords('all of them')),
  profiles: key(z.array(filledText('a profile')), 'Profiles of the compose file that are switched on here.'),
  ...timings(),
  spot: key(flag(), 'Fargate Spot. The preset dev switches it on.', false),
  exec: key(flag(), 'ECS Exec. The presets dev and staging switch it on.', false),
  rollout: key(
    z.enum(['rolling', 'blue-green', 'canary', 'linear']),
    'How ECS moves services behind a load balancer.',
    'blue-green',
  ),
  names: key(z.strictObject(namesShape()), 'Name templates here, on top of those of the app.'),
  environment: key(variables(), 'Variables for every service here.'),
  flags: key(
    z.record(
      z.string(),
      scalar('a value', { type: ['boolean', 'string', 'integer'] }, (text) => text),
    ),
    'Values of flags here.',
  ),
  services: key(z.record(name('any'), serviceOverrides()), 'What differs here, by service.'),
});

export type BatonEnvironment = z.output<typeof environmentSchema>;
