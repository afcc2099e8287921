import * as z from 'zod';
import {
  command,
  cores,
  cpuShare,
  duration,
  filledText,
  httpProbe,
  httpUrl,
  memoryThreshold,
  name,
  Refusal,
  routes,
  scalar,
  size,
  variableName,
  wholeNumber,
} from '../values/index.ts';
import { DEFAULTS } from './defaults.ts';
import { inWords, key, mappingOrNothing } from './key.ts';

/** One value for every environment, or one for each by name. */
const perEnvironment = <Schema extends z.ZodType>(schema: Schema) =>
  z.union([
    schema.transform((value) => ({ everywhere: value })),
    z.record(name('any'), schema).transform((by) => ({ by })),
  ]);

const reachable = () =>
  scalar('an address such as "database:5432"', { type: 'string', pattern: '^[A-Za-z0-9._-]+:\\d+$' }, (text) => {
    const port = Number(/^[A-Za-z0-9._-]+:(\d{1,5})$/.exec(text)?.[1]);
    return port >= 1 && port <= 65_535 ? text : new Refusal(`"${text}" is no address; write service:port or host:port`);
  });

const healthSchema = () =>
  z.strictObject({
    http: key(
      httpProbe(),
      'Container port and path that must answer 200, such as `8000/health`. The port may be left out where the service has one.',
    ),
    command: key(
      command(),
      'Command that must exit 0 inside the instance. Taken from compose `healthcheck.test` where it is not given.',
    ),
    check: key(
      command(),
      'The same for a program that starts cold: it is run before the program is, and says whether it could.',
    ),
    successes: key(wholeNumber(1, 100), 'Good answers in a row that make an instance healthy.', DEFAULTS.successes),
    retries: key(
      wholeNumber(1, 1000),
      'Failed attempts in a row that fail it. HEALTH_CHECK_RETRIES overrides it.',
      DEFAULTS.retries,
    ),
    interval: key(
      duration({ minMs: 50, maxMs: 3_600_000 }),
      'Time between two attempts. HEALTH_CHECK_INTERVAL (seconds) overrides it.',
      DEFAULTS.interval,
    ),
    timeout: key(duration({ minMs: 10, maxMs: 600_000 }), 'How long one attempt may take.', DEFAULTS.timeout),
    startPeriod: key(
      duration({ maxMs: 3_600_000 }),
      'Time from the start in which a failed attempt does not count.',
      DEFAULTS.startPeriod,
    ),
    logErrorsPerMinute: key(
      wholeNumber(0, 1_000_000),
      'Error lines in the log a minute above which an instance is unhealthy.',
    ),
    memory: key(
      memoryThreshold(),
      'Memory above which it is unhealthy: a share of its limit (`80%`) or a size (`512m`).',
    ),
    cpu: key(cpuShare(), 'CPU above which it is unhealthy, as a share of its limit or of one core (`90%`).'),
    reach: key(z.array(reachable()), 'Addresses that must accept a connection: `service:port` or `host:port`.'),
    maxRestarts: key(wholeNumber(0, 100), 'Restarts that are tolerated during the bake.', DEFAULTS.maxRestarts),
    alarms: key(z.array(filledText('the name of an alarm')), 'CloudWatch alarms that must be quiet (ECS).'),
  });

const smokeCheck = () =>
  z.strictObject({
    name: filledText('a name').meta({ description: 'How it is called in messages.' }),
    http: key(httpProbe(), 'Container port and path to ask on the idle slot.'),
    status: key(wholeNumber(100, 599), 'Status that is expected.', 200),
    command: key(command(), 'Command to run instead; exit 0 is good.'),
  });

const exec = () =>
  z.strictObject({
    quiesce: key(command(), 'Stops opening anything new.'),
    settle: key(command(), 'Cancels, closes or hands on, as `settle` says.'),
    checkpoint: key(command(), 'Prints the state that must survive.'),
    exposure: key(
      command(),
      'Prints `{"openOrders":n,"positions":n,"inFlight":n}`; any other answer is unknown, never flat.',
    ),
  });

const checkpoint = () =>
  z.strictObject({
    writes: key(filledText('a format'), 'Format of checkpoint that this release writes.'),
    reads: key(z.array(filledText('a format')), 'Formats that it reads, its own included.'),
    interval: key(
      duration({ minMs: 100, maxMs: 3_600_000 }),
      'How often one is taken while it acts.',
      DEFAULTS.checkpointInterval,
    ),
  });

const scale = () =>
  z.strictObject({
    min: wholeNumber(1, 1000).meta({ description: 'Fewest instances.' }),
    max: wholeNumber(1, 1000).meta({ description: 'Most instances.' }),
    cpu: key(cpuShare(), 'CPU share that is aimed at.', DEFAULTS.scaleTarget),
  });

const clientIds = () =>
  scalar('a rule such as "prefix:ait-"', { type: 'string', pattern: '^prefix:.+' }, (text) => {
    if (/^prefix:\S+$/.test(text)) return text;
    return new Refusal(
      `"${text}" is no rule for client ids; write "prefix:" and the text they begin with`,
      text.includes(':') ? undefined : `prefix:${text}`,
    );
  });

/** Everything that baton.yaml says of one service. */
export const serviceSchema = mappingOrNothing({
  role: key(
    z.enum(['replicated', 'singleton', 'accessory']),
    'How many may act: `replicated` any number, `singleton` exactly one, `accessory` is shared and not versioned with the release.',
    'replicated',
  ),
  route: key(
    routes(),
    'Requests that the gateway sends to the first TCP port of this service: `/`, `api.example.com/v1`, `{ host, path }`, or a list.',
  ),
  count: key(
    perEnvironment(wholeNumber(1, 1000)),
    'Instances, or a mapping by environment. Wins over compose `deploy.replicas`.',
    1,
  ),
  cpu: key(perEnvironment(cores()), 'Cores (`0.5`) or ECS units (`512 units`), or a mapping by environment.'),
  memory: key(perEnvironment(size()), 'Memory limit (`512m`), or a mapping by environment.'),
  scale: key(scale(), 'Bounds for scaling by CPU (ECS). Never for a singleton.'),
  environment: key(
    z.record(
      variableName(),
      scalar('a text', { type: ['string', 'number', 'boolean'] }, (text) => text),
    ),
    'Variables on top of those of the compose file.',
  ),
  secrets: key(z.array(z.string()), 'Which of the secrets of the app it is given.', inWords('all of them')),
  account: key(
    filledText('the name of a broker account'),
    'Broker account that it trades. It keys the baton: two apps with one account share one baton.',
  ),
  start: key(
    z.enum(['cold', 'warm']),
    'Of a singleton: `warm` comes up in standby and waits, `cold` starts only when it may act.',
    'cold',
  ),
  stop: key(z.enum(['signal', 'http', 'exec']), 'Of a singleton: how it is told to quiesce and settle.', 'signal'),
  exec: key(exec(), 'The commands for `stop: exec`.'),
  settle: key(
    z.enum(['flatten', 'transfer', 'keep']),
    'What happens to open orders and positions when the baton moves. Required of a singleton that trades; there is no default.',
  ),
  settleTimeout: key(duration({ minMs: 100, maxMs: 3_600_000 }), 'How long settling may take.', DEFAULTS.settleTimeout),
  reconcile: key(
    z.enum(['venue', 'none']),
    'Whether the venue itself is asked what is open before the baton is granted. `none` weakens the claim, and every deployment says so. Required of a singleton that trades.',
  ),
  venue: key(httpUrl(), "Base address of the venue's API; required by `reconcile: venue`."),
  clientIds: key(
    clientIds(),
    'Which orders are ours, as `prefix:<text>`. Any other is a foreign trader and blocks the grant.',
  ),
  maxInFlight: key(
    duration({ maxMs: 600_000 }),
    'How long an order that was sent may still land after its sender died.',
    DEFAULTS.maxInFlight,
  ),
  takeover: key(
    z.enum(['confirmed-death', 'lease']),
    'Whether a lease that ran out is enough to pass the baton (ECS). `lease` weakens the claim.',
    'confirmed-death',
  ),
  checkpoint: key(checkpoint(), 'Formats of checkpoint, and how often one is taken.'),
  health: key(healthSchema(), 'The layers of health; an absent layer is not judged.'),
  smoke: key(z.array(smokeCheck()), 'Checks of the idle slot before it takes traffic.'),
  release: key(
    z.strictObject({
      files: key(
        z.array(filledText('a file or folder')),
        'Files and folders that belong to the release beside the build context, inside the folder of baton.yaml.',
      ),
    }),
    'What else is copied with a release.',
  ),
  stopGrace: key(
    duration({ maxMs: 3_600_000 }),
    'Time from the stop signal to the kill. Wins over compose `stop_grace_period`.',
    DEFAULTS.stopGrace,
  ),
});

export type BatonService = z.output<typeof serviceSchema>;
export type BatonHealth = z.output<ReturnType<typeof healthSchema>>;
