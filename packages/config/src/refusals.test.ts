// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of configuration files are what is tested
import { describe, expect, test } from 'vitest';
import { AppFolder } from './testing/app-folder.ts';

const BATON = `app: shop
environments:
  local: { target: process }
services:
  bot:
    role: singleton
  web: { route: "/" }
`;

const COMPOSE = `services:
  bot:
    build: .
    command: node bot.js
  web:
    build: .
    command: node web.js
    ports: ["8000:8000"]
`;

interface Refused {
  readonly of: string;
  /** The text that is replaced, in whichever file it stands, and what takes its place. */
  readonly put: readonly (readonly [find: string, replacement: string])[];
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly says: readonly string[];
}

const afterRole = (lines: string): readonly [string, string] => [
  '    role: singleton\n',
  `    role: singleton\n${lines}`,
];
const trades = 'account: main\n    settle: keep\n    reconcile: none\n';

const YAML_FAULTS: readonly Refused[] = [
  {
    of: 'YAML that does not close',
    put: [['{ target: process }', '{ target: process']],
    says: ['baton.yaml:4:1: Flow map in block collection must be sufficiently indented and end with a }'],
  },
  {
    of: 'a tab for indentation',
    put: [['    role: singleton', '\trole: singleton']],
    says: ['baton.yaml:6:1: Tabs are not allowed as indentation'],
  },
  { of: 'an empty file', put: [[BATON, '']], says: ['baton.yaml:1:1: the file is empty'] },
  {
    of: 'a key that stands twice',
    put: [['app: shop\n', 'app: shop\napp: stall\n']],
    says: ['baton.yaml:2:1: the key "app" stands here twice'],
  },
  {
    of: 'a list where a mapping belongs',
    put: [['  web: { route: "/" }', '  web: [route]']],
    says: ['baton.yaml:7:8: expected a mapping, found a list'],
  },
  {
    of: 'services that are a list, without telling that each of them is missing',
    put: [[COMPOSE, 'services: [bot, web]\n']],
    says: ['compose.yaml:1:11: expected a mapping, found a list'],
  },
  {
    of: 'a variable without a name',
    put: [['    command: node bot.js', '    command: node bot.js\n    environment: { "": 1 }']],
    says: ['compose.yaml:5:24: "" is no name of an environment variable'],
  },
  {
    of: 'an unknown tag',
    put: [['ports: ["8000:8000"]', 'ports: !reset []']],
    says: ['compose.yaml:8:12: Unresolved tag: !reset'],
  },
  {
    of: 'aliases that expand without end',
    put: [
      [
        'services:\n  bot:\n    build: .',
        `x-a: &a [1,2,3,4,5,6,7,8,9]\nx-b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nx-c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nx-d: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\nservices:\n  bot:\n    build: .`,
      ],
    ],
    says: [
      'compose.yaml:1:1: the aliases of this file cannot be resolved: Excessive alias count indicates a resource exhaustion attack',
    ],
  },
];

const KEYS_AND_VALUES: readonly Refused[] = [
  {
    of: 'an unknown key at the top',
    put: [['environments:', 'enviroments: {}\nenvironments:']],
    says: ['baton.yaml:2:1: unknown key "enviroments" (did you mean "environments"?)'],
  },
  {
    of: 'an unknown key of a service',
    put: [afterRole('    settel: keep\n')],
    says: ['baton.yaml:7:5: unknown key "settel" (did you mean "settle"?)'],
  },
  {
    of: 'an unknown key in a nested flow mapping',
    put: [['{ route: "/" }', '{ health: { htpp: 8000/health } }']],
    says: ['baton.yaml:7:20: unknown key "htpp" (did you mean "http"?)'],
  },
  {
    of: 'an unknown key that is near to nothing',
    put: [['{ target: process }', '{ target: process, zzz: 1, tls: { qqqq: 1 } }']],
    says: [
      'baton.yaml:3:29: unknown key "zzz"',
      'baton.yaml:3:44: unknown key "qqqq"; known here: certificate, key, acme',
    ],
  },
  {
    of: 'an unknown key of compose',
    put: [['    command: node bot.js', '    command: node bot.js\n    stop-grace-period: 5s']],
    says: ['compose.yaml:5:5: unknown key "stop-grace-period" (did you mean "stop_grace_period"?)'],
  },
  {
    of: 'a key of compose that has no meaning here',
    put: [['    command: node bot.js', '    command: node bot.js\n    links: [web]']],
    says: ['compose.yaml:5:5: "links" is not supported: services reach each other by name, or by BATON_PEER_<SERVICE>'],
  },
  {
    of: 'a word that is none of the choices',
    put: [['role: singleton', 'role: singelton']],
    says: [
      'baton.yaml:6:11: "role" is "singelton"; choose replicated, singleton or accessory (did you mean "singleton"?)',
    ],
  },
  {
    of: 'two singletons that trade one account',
    put: [afterRole(`    ${trades}`), ['  web: { route: "/" }', `  web:\n    role: singleton\n    ${trades}`]],
    says: [
      'baton.yaml:12:14: "web" and "bot" both trade the account "main"; only one may act for an account, so give each its own',
    ],
  },
  {
    of: 'an empty settle policy',
    put: [afterRole('    account: main\n    settle:\n    reconcile: none\n')],
    says: ['baton.yaml:8:5: "settle" is empty; choose flatten, transfer or keep'],
  },
  {
    of: 'a duration without a unit',
    put: [['app: shop', 'app: shop\nstrategy: { bake: 30 }']],
    says: ['baton.yaml:2:19: "30" is no duration; write it like "30s" or "1m30s" (did you mean "30s"?)'],
  },
  {
    of: 'a duration past its bound',
    put: [['app: shop', 'app: shop\nstrategy: { hold: 1h }']],
    says: ['baton.yaml:2:19: "1h" is out of bounds: from 0s to 5m'],
  },
  {
    of: 'a missing app and a missing target',
    put: [
      ['app: shop\n', ''],
      ['{ target: process }', '{ approvals: 1 }'],
    ],
    says: ['baton.yaml:1:1: the key "app" is missing', 'baton.yaml:2:3: the key "target" is missing'],
  },
  {
    of: 'a port that is no port',
    put: [['"8000:8000"', '"8000:80000"']],
    says: [
      'compose.yaml:8:13: "8000:80000" is no port; write "8000:8000" or "127.0.0.1:8000:8000/tcp", ports from 1 to 65535',
    ],
  },
  {
    of: 'CPU in the units of ECS without saying so',
    put: [['{ route: "/" }', '{ cpu: 512 }']],
    says: ['baton.yaml:7:15: "512" is no number of cores; write 0.5 or "512 units" (did you mean "512 units"?)'],
  },
  {
    of: 'a window in a time zone that is none',
    put: [['{ target: process }', '{ target: process, windows: ["mon-fri 09:00-17:00 Europe/Lodnon"] }']],
    says: ['baton.yaml:3:39: "Europe/Lodnon" is no time zone (did you mean "Europe/London"?)'],
  },
  {
    of: 'a template with an unknown placeholder',
    put: [['app: shop', 'app: shop\nnames: { cluster: "{app}-{enviroment}", service: "{app}" }']],
    says: [
      'baton.yaml:2:19: "{enviroment}" is no placeholder here; known: {app}, {env}',
      'baton.yaml:2:50: "{app}" is the same name for each service; put {service} in it',
    ],
  },
  {
    of: 'a secret in place of its address',
    put: [['app: shop', 'app: shop\nsecrets: { KEY: "hunter two!" }']],
    says: [
      'baton.yaml:2:17: expected the place of a secret, such as "{app}/{env}/broker#key"; the value itself never stands here',
    ],
  },
  {
    of: 'a command whose quote is not closed',
    put: [['node bot.js', 'node "bot.js']],
    says: ['compose.yaml:4:14: a " is not closed in this command; write the command as a list'],
  },
  {
    of: 'a command with a backslash',
    put: [['node bot.js', 'sh -c "echo \\"hi\\""']],
    says: ['compose.yaml:4:14: a backslash in a command line is not read here; write the command as a list'],
  },
];

const NAMES: readonly Refused[] = [
  {
    of: 'a service with a space in its name',
    put: [
      ['  web: {', '  "web shop": {'],
      ['  web:\n', '  "web shop":\n'],
    ],
    says: [
      'baton.yaml:7:3: the name "web shop" has a space in it (did you mean "web-shop"?)',
      'compose.yaml:5:3: the name "web shop" has a space in it (did you mean "web-shop"?)',
    ],
  },
  {
    of: 'a name that reads as a path',
    put: [['app: shop', 'app: ../shop']],
    says: ['baton.yaml:1:6: the name "../shop" reads as a path (did you mean "shop"?)'],
  },
  {
    of: 'a name beyond ASCII',
    put: [['local: {', 'lócal: {']],
    says: ['baton.yaml:3:3: the name "lócal" has characters beyond ASCII (did you mean "local"?)'],
  },
  {
    of: 'a reserved name',
    put: [['local: {', 'blue: {']],
    says: ['baton.yaml:3:3: the name "blue" is reserved: on the command line it means something else'],
  },
  {
    of: 'a service that is only in baton.yaml',
    put: [['  web: { route: "/" }', '  web: { route: "/" }\n  cache: {}']],
    says: ['baton.yaml:8:3: there is no service "cache" in compose.yaml'],
  },
  {
    of: 'a service that is misspelled in one file',
    put: [['  bot:\n    role', '  bott:\n    role']],
    says: [
      'baton.yaml:5:3: there is no service "bott" in compose.yaml (did you mean "bot"?)',
      'compose.yaml:2:3: the service "bot" is not in baton.yaml; add "bot: {}" under services, with its role (did you mean "bott"?)',
    ],
  },
  {
    of: 'two services with one peer variable',
    put: [
      ['  web: { route: "/" }', '  web: { route: "/" }\n  a-b: {}\n  a_b: {}'],
      ['  web:\n', '  a-b: { build: ., command: x }\n  a_b: { build: ., command: x }\n  web:\n'],
    ],
    says: ['baton.yaml:9:3: "a-b" and "a_b" would both be reached by BATON_PEER_A_B; rename one'],
  },
  {
    of: "a variable that is Baton's own",
    put: [['    command: node bot.js', '    command: node bot.js\n    environment: { BATON_TOKEN: 7 }']],
    says: ['compose.yaml:5:33: the variable "BATON_TOKEN" is set by Baton itself; choose another name'],
  },
];

const VARIABLES: readonly Refused[] = [
  {
    of: 'a required variable that is not set',
    put: [['node bot.js', 'node ${SCRIPT:?say which script}']],
    says: ['compose.yaml:4:19: the variable "SCRIPT" is required: say which script'],
  },
  {
    of: 'a variable that is not closed',
    put: [['node bot.js', 'node ${SCRIPT']],
    says: ['compose.yaml:4:19: "${SCRIPT" is not closed by "}"'],
  },
  {
    of: 'overrides with values that are none',
    put: [],
    env: {
      HEALTH_CHECK_RETRIES: 'many',
      HEALTH_CHECK_INTERVAL: '5s',
      MIGRATION_GRACE_PERIOD: '-1',
      ROLLBACK_TIMEOUT: '0',
      DEPLOYMENT_LOG_LEVEL: 'INOF',
    },
    says: [
      'variable HEALTH_CHECK_RETRIES: "many" is no whole number from 1 to 1000',
      'variable HEALTH_CHECK_INTERVAL: "5s" is no number of seconds from 0.05 to 3600 (did you mean "5"?)',
      'variable MIGRATION_GRACE_PERIOD: "-1" is no number of seconds from 0 to 86400',
      'variable ROLLBACK_TIMEOUT: "0" is no number of seconds from 1 to 86400',
      'variable DEPLOYMENT_LOG_LEVEL: "INOF" is none of DEBUG, INFO, WARN, ERROR (did you mean "INFO"?)',
    ],
  },
];

const SINGLETONS: readonly Refused[] = [
  {
    of: 'a trader that names nothing else',
    put: [afterRole('    account: main\n')],
    says: [
      'baton.yaml:5:3: "bot" trades (it has "account") and must say what becomes of open orders and positions: settle: flatten, transfer or keep',
      'baton.yaml:5:3: "bot" trades (it has "account") and must say whether the venue itself is asked: reconcile: venue or none',
    ],
  },
  {
    of: 'a trader without an account',
    put: [afterRole('    settle: keep\n    reconcile: none\n')],
    says: ['baton.yaml:5:3: "bot" trades (it has "settle") and must name its broker account: account: <name>'],
  },
  {
    of: 'a venue that has no address',
    put: [afterRole('    account: main\n    settle: keep\n    reconcile: venue\n')],
    says: ['baton.yaml:9:16: reconcile: venue needs the address to ask: venue: https://...'],
  },
  {
    of: 'keys of a singleton on another role',
    put: [['{ route: "/" }', '{ settle: keep }']],
    says: [
      'baton.yaml:7:10: "settle" is for a service that acts alone; "web" is replicated. Add role: singleton, or take the key away',
    ],
  },
  {
    of: 'a singleton that runs twice',
    put: [
      afterRole('    count: 2\n'),
      ['    command: node bot.js', '    command: node bot.js\n    deploy: { replicas: 3 }'],
    ],
    says: [
      'baton.yaml:7:12: "bot" is a singleton and runs once, not 2 times',
      'compose.yaml:5:25: "bot" is a singleton and runs once, not 3 times',
    ],
  },
  {
    of: 'a warm start that nobody could begin',
    put: [afterRole('    start: warm\n')],
    says: ['baton.yaml:7:12: nothing could tell a warm standby to begin: start: warm needs stop: http, not signal'],
  },
  {
    of: 'the contract without a port',
    put: [afterRole('    stop: http\n')],
    says: [
      'baton.yaml:7:11: stop: http needs a port to speak to; declare one for "bot" in the compose file under ports or expose',
    ],
  },
  {
    of: 'hooks that are not there, and hooks that are not used',
    put: [afterRole('    stop: exec\n'), ['{ route: "/" }', '{ role: singleton, exec: { settle: "x" } }']],
    says: [
      'baton.yaml:7:11: stop: exec needs its commands: exec: { quiesce, settle, checkpoint, exposure }',
      'baton.yaml:8:33: "exec" is for stop: exec, and this service has stop: signal',
    ],
  },
  {
    of: 'a rule for client ids without its kind',
    put: [afterRole(`    clientIds: ait-\n    ${trades}`)],
    says: [
      'baton.yaml:7:16: "ait-" is no rule for client ids; write "prefix:" and the text they begin with (did you mean "prefix:ait-"?)',
    ],
  },
];

const TARGETS: readonly Refused[] = [
  {
    of: 'an image-only service on the target process',
    put: [['    build: .\n    command: node bot.js', '    image: postgres:17']],
    says: [
      'compose.yaml:3:12: "bot" has an image and no build: the target process runs a command from a build context. Give it build and command, or deploy to target: docker',
    ],
  },
  {
    of: 'a process without a command',
    put: [['    command: node bot.js\n', '']],
    says: [
      'compose.yaml:2:3: "bot" has no command: the target process reads no Dockerfile and must be told what to run',
    ],
  },
  {
    of: 'a build context that is not there',
    put: [['    build: .\n    command: node bot.js', '    build: ./bot\n    command: node bot.js']],
    says: ['compose.yaml:3:12: the build context bot is no folder on this machine'],
  },
  {
    of: 'a published UDP port of a replicated service',
    put: [['"8000:8000"', '"8000:8000", "5353:53/udp"']],
    says: [
      'compose.yaml:8:12: UDP port 5353 of "web" cannot be switched without loss: the gateway carries HTTP over TCP only',
    ],
  },
  {
    of: 'ECS without a region, and with keys of a host',
    put: [['{ target: process }', '{ target: ecs, listen: ["0.0.0.0:80"], awsAccount: "123" }']],
    says: ['baton.yaml:3:61: "123" is no AWS account; it has twelve digits (in quotes where it begins with 0)'],
  },
  {
    of: 'ECS without its account',
    put: [['{ target: process }', '{ target: ecs, region: eu-west-1, listen: ["0.0.0.0:80"] }']],
    says: ['baton.yaml:3:3: target ecs needs "awsAccount"', 'baton.yaml:3:44: "listen" has no meaning on target ecs'],
  },
  {
    of: 'scaling on one host',
    put: [['{ route: "/" }', '{ scale: { min: 1, max: 3 } }']],
    says: ['baton.yaml:7:17: "scale" has a meaning on ecs only; give a fixed count for process'],
  },
];

const BETWEEN_SERVICES: readonly Refused[] = [
  {
    of: 'services that wait for each other',
    put: [
      ['    command: node bot.js', '    command: node bot.js\n    depends_on: [web]'],
      ['    command: node web.js', '    command: node web.js\n    depends_on: { bot: { condition: service_healthy } }'],
    ],
    says: ['compose.yaml:5:17: depends_on goes in a circle: bot -> web -> bot'],
  },
  {
    of: 'a dependency that is not there',
    put: [['    command: node bot.js', '    command: node bot.js\n    depends_on: [wbe]']],
    says: ['compose.yaml:5:17: "bot" depends on "wbe", which is no service of the compose file (did you mean "web"?)'],
  },
  {
    of: 'a port that two services publish',
    put: [['    command: node bot.js', '    command: node bot.js\n    ports: ["127.0.0.1:8000:9000"]']],
    says: ['compose.yaml:9:12: port 8000 is published by "bot" too'],
  },
  {
    of: "a published port that is the gateway's for another service",
    put: [
      ['{ target: process }', '{ target: process, listen: ["127.0.0.1:7000"] }'],
      ['    command: node bot.js', '    command: node bot.js\n    ports: ["7000:9000"]'],
    ],
    says: ['compose.yaml:5:12: port 7000 is published by "bot", and the gateway listens on 127.0.0.1:7000 for "web"'],
  },
  {
    of: 'two services with one route',
    put: [afterRole('    route: "/"\n'), ['    command: node bot.js', '    command: node bot.js\n    expose: [9000]']],
    says: ['baton.yaml:8:17: the route "/" goes to "bot" already'],
  },
  {
    of: 'a probe of a port that the service has not',
    put: [['{ route: "/" }', '{ health: { http: 8001/health, reach: ["bto:1", "web:81"] } }']],
    says: [
      'baton.yaml:7:26: 8001 is no port of "web" (8000); declare it in the compose file under ports or expose (did you mean "8000/health"?)',
      'baton.yaml:7:47: there is no service "bto" (did you mean "bot:1"?)',
      'baton.yaml:7:56: 81 is no port of "web" (8000) (did you mean "web:8000"?)',
    ],
  },
  {
    of: 'a share of a limit that is not there',
    put: [['{ route: "/" }', '{ health: { memory: 80% } }']],
    says: [
      'baton.yaml:7:28: a share of the memory needs a limit, and "web" has none; give it memory: 512m, or a size here',
    ],
  },
  {
    of: 'release files outside and absent',
    put: [['{ route: "/" }', '{ release: { files: [../other, gone, web/] } }']],
    says: [
      'baton.yaml:7:29: "../other" lies outside the folder of baton.yaml; a release holds only what is in it',
      'baton.yaml:7:39: there is no "gone" beside baton.yaml',
    ],
    files: { 'web/index.html': '' },
  },
  {
    of: 'a volume and a network that are not declared',
    put: [
      ['    command: node bot.js', '    command: node bot.js\n    volumes: ["dta:/data"]\n    networks: [back]'],
      ['services:\n  bot:\n    build', 'volumes: { data: {} }\nservices:\n  bot:\n    build'],
    ],
    says: [
      'compose.yaml:6:15: the volume "dta" is not declared under volumes (did you mean "data"?)',
      'compose.yaml:7:15: the network "back" is not declared under networks',
    ],
  },
  {
    of: 'flags that contradict themselves',
    put: [
      [
        'app: shop',
        'app: shop\nflags: { dry: { env: DRY, default: maybe }, also: { env: DRY, default: true }, bare: {} }',
      ],
      ['{ target: process }', '{ target: process, flags: { dyr: true } }'],
    ],
    says: [
      'baton.yaml:2:36: "maybe" is no boolean',
      'baton.yaml:2:58: the flags "dry" and "also" are both carried by DRY',
      'baton.yaml:2:80: the flag "bare" needs env: the variable that carries it',
      'baton.yaml:4:38: there is no flag "dyr" (did you mean "dry"?)',
    ],
  },
  {
    of: 'a missing env_file, and an unknown profile dependency',
    put: [
      ['    command: node bot.js', '    command: node bot.js\n    env_file: [a.env, { path: b.env, required: false }]'],
    ],
    says: ['compose.yaml:5:16: there is no file a.env'],
  },
  {
    of: 'services that extend each other',
    put: [
      ['    command: node bot.js', '    command: node bot.js\n    extends: web'],
      ['    command: node web.js', '    command: node web.js\n    extends: { service: bot }'],
    ],
    says: [
      'compose.yaml:5:14: services extend each other in a circle: bot -> web -> bot',
      'compose.yaml:9:14: services extend each other in a circle: web -> bot -> web',
    ],
  },
];

const replaced = (text: string, put: Refused['put']): string =>
  put.reduce((so, [find, replacement]) => so.replace(find, () => replacement), text);

describe.each([
  ['YAML', YAML_FAULTS],
  ['keys and values', KEYS_AND_VALUES],
  ['names', NAMES],
  ['variables', VARIABLES],
  ['singletons', SINGLETONS],
  ['targets', TARGETS],
  ['what services have to do with each other', BETWEEN_SERVICES],
])('%s', (_, cases) => {
  test.each(cases)('refuses $of', ({ put, env, files, says }) => {
    const written = { 'baton.yaml': replaced(BATON, put), 'compose.yaml': replaced(COMPOSE, put), ...files };
    using folder = new AppFolder(written);
    const refusal = folder.refusal(undefined, env);
    expect(refusal.code).toBe('config-invalid');
    expect(refusal.fault).toBe('user');
    expect(refusal.message.split('\n')).toEqual(says);
  });
});

test('loads the files that the cases above break', () => {
  using folder = new AppFolder({ 'baton.yaml': BATON, 'compose.yaml': COMPOSE });
  expect(folder.load().services.map((service) => service.name)).toEqual(['bot', 'web']);
});

test('tells faults of both files at once, with the place of the first', () => {
  using folder = new AppFolder({
    'baton.yaml': BATON.replace('role: singleton', 'rule: singleton'),
    'compose.yaml': COMPOSE.replace('build: .', 'bild: .'),
  });
  const refusal = folder.refusal();
  expect(refusal.message.split('\n')).toEqual([
    'baton.yaml:6:5: unknown key "rule" (did you mean "role"?)',
    'compose.yaml:3:5: unknown key "bild" (did you mean "build"?)',
  ]);
  expect(refusal.place).toMatchObject({ line: 6, column: 5 });
  expect(refusal.hint).toMatch(/Nothing was changed/);
});
