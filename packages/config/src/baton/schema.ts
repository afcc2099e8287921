import * as z from 'zod';
import { filledText, flag, name, variableName, wholeNumber } from '../values/index.ts';
import { DEFAULTS } from './defaults.ts';
import { environmentSchema, timings } from './environment-schema.ts';
import { inWords, key, requiredKey } from './key.ts';
import { namesShape } from './names-schema.ts';
import { calendarSchema, flagSchema, limitsSchema, notifySchema, secretSchema } from './policy-schema.ts';
import { serviceSchema } from './service-schema.ts';

const images = () =>
  z.strictObject({
    registry: key(
      filledText('a host name'),
      'Registry host, such as `ghcr.io/acme`.',
      inWords("ECS: the account's own; Docker: the local daemon"),
    ),
    platforms: key(
      z.array(z.string().regex(/^linux\/(amd64|arm64)$/, 'a platform is linux/amd64 or linux/arm64')).min(1),
      'Platforms to build for.',
      ['linux/amd64'],
    ),
    scan: key(
      z.enum(['low', 'medium', 'high', 'critical', 'off']),
      'Findings of this severity or worse refuse an image.',
      'off',
    ),
    keep: key(wholeNumber(2, 1000), 'Releases whose images `images prune` keeps.', DEFAULTS.imagesKept),
  });

const migrations = () =>
  z.strictObject({
    directory: requiredKey(
      filledText('a folder'),
      'Folder of `<version>_<name>.up.sql` and `.down.sql` files (golang-migrate).',
    ),
    databaseUrl: requiredKey(variableName(), "Name of the variable or secret that holds the database's address."),
    minVersion: key(
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
      'Oldest schema version that this release works with.',
      inWords('the newest file'),
    ),
    onDeploy: key(flag(), 'Whether `baton deploy` applies what is pending before it launches.', false),
  });

const composePaths = () =>
  z.union([
    filledText('a file name').transform((path) => [path]),
    z.array(filledText('a file name')).min(1, 'the list is empty'),
  ]);

/** The keys of baton.yaml that stand at the top, but for environments and services, which are checked one by one. */
const topShape = {
  app: requiredKey(name('any'), 'Name of the app.'),
  compose: key(
    composePaths(),
    'Compose file, or several, each laid over the ones before. Without it compose.yaml, compose.yml, docker-compose.yaml and docker-compose.yml are tried.',
    'compose.yaml',
  ),
  flags: key(
    z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/, 'a flag is named with letters, digits and "_"'), flagSchema()),
    'Feature flags, by name.',
  ),
  secrets: key(
    z.record(variableName(), secretSchema()),
    'Variables whose values come from the store of secrets; here stands where from, such as `{app}/{env}/broker#key`.',
  ),
  strategy: key(z.strictObject(timings()), 'Timings of a deployment; an environment may have its own.'),
  limits: key(limitsSchema(), 'Past any of these, no deployment begins.'),
  calendars: key(z.record(name('any'), calendarSchema()), 'Calendars with times in which no deployment begins.'),
  notify: key(z.record(name('any'), notifySchema()), 'Channels that hear of deployments.'),
  names: key(z.strictObject(namesShape()), 'Templates of the names of cloud resources.'),
  images: key(images(), 'How images are built and kept.'),
  migrations: key(migrations(), 'Database migrations.'),
  logLevel: key(
    z.enum(['debug', 'info', 'warn', 'error']),
    'How much Baton itself says. DEPLOYMENT_LOG_LEVEL overrides it.',
    'info',
  ),
};

/** The whole of baton.yaml. */
export const batonSchema = z.strictObject({
  ...topShape,
  environments: requiredKey(z.record(name('reserved-refused'), environmentSchema), 'Places to deploy to, by name.'),
  services: requiredKey(
    z.record(name('reserved-refused'), serviceSchema),
    'The services of the compose file, by name; each must stand here.',
  ),
});

/** The top alone, with the parts that are checked one by one taken as they are. */
export const topSchema = z.strictObject({
  ...topShape,
  environments: z.record(z.string(), z.unknown()),
  services: z.record(z.string(), z.unknown()),
});

export type BatonTop = z.output<typeof topSchema>;
