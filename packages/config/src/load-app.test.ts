// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of configuration files are what is tested
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { App, ServiceSpec } from '@baton/core';
import { describe, expect, test } from 'vitest';
import { AppFolder } from './testing/app-folder.ts';

/** The example of the design, whole, with the venue's address that `reconcile: venue` asks for. */
const EXAMPLE = `app: ai-trading-bot
compose: compose.yaml
environments:
  local:      { target: process }
  vps:        { target: docker, host: "ssh://deploy@vps", listen: ["0.0.0.0:443"] }
  staging:    { target: ecs, region: eu-west-1, awsAccount: "111111111111" }
  production: { target: ecs, region: eu-west-1, awsAccount: "222222222222", tags: semver, bake: 15m, approvals: 1 }
services:
  bot:
    role: singleton
    account: bluefin-main
    start: warm
    stop: http
    settle: flatten            # flatten | transfer | keep, no default
    reconcile: venue           # or none: the claim weakens, and every deployment says so
    venue: http://127.0.0.1:9000/
    clientIds: "prefix:ait-"   # which orders are not foreign
    release: { files: [strategies/] }
    health: { http: 8000/health, retries: 10, interval: 5s, logErrorsPerMinute: 5, memory: 80%, reach: ["bluefin-service:8080"] }
  bluefin-service: { health: { http: 8080/health } }
  dashboard:       { route: "/", count: { staging: 1, production: 2 } }
  mcp-memory:      { role: accessory }
flags:   { dryRun: { type: boolean, env: SYSTEM__DRY_RUN, default: true } }
secrets: { BLUEFIN_KEY: "{app}/{env}/bluefin#private_key" }
strategy: { bake: 30s, drain: 30s, hold: 15s, rollbackTimeout: 300s }
`;

const EXAMPLE_COMPOSE = `x-node: &node
  build: { context: ., args: { NODE: "24" } }
  stop_grace_period: 1m30s
services:
  dashboard:
    <<: *node
    command: node dashboard.ts
    ports: ["127.0.0.1:8000:8000"]
    depends_on: { bot: { condition: service_healthy } }
  bot:
    <<: *node
    command: [node, bot.ts]
    expose: ["8000"]
    mem_limit: 512m
    depends_on: [bluefin-service, mcp-memory]
    environment: { LOG_LEVEL: "\${LOG_LEVEL:-INFO}" }
  bluefin-service:
    <<: *node
    command: node bluefin.ts
    expose: [8080]
  mcp-memory:
    <<: *node
    command: node memory.ts
    ports: ["8765:8765"]
    healthcheck: { test: [CMD, curl, -f, "http://localhost:8765/health"], interval: 10s, retries: 3 }
`;

/** On this machine a secret of the app comes from the shell. */
const KEY = { BLUEFIN_KEY: 'a-key' };
const DRY_RUN = { SYSTEM__DRY_RUN: 'true' };

const example = (): AppFolder =>
  new AppFolder({ 'baton.yaml': EXAMPLE, 'compose.yaml': EXAMPLE_COMPOSE, 'strategies/momentum.ts': '' });

const named = (app: App, name: string): ServiceSpec => {
  const found = app.services.find((service) => service.name === name);
  if (found === undefined) throw new Error(`there is no service ${name}`);
  return found;
};

const COMMON = {
  secrets: ['BLUEFIN_KEY'],
  networks: [],
  labels: {},
  volumes: [],
  replicas: 1,
  stopGraceMs: 90_000,
  stopSignal: 'SIGTERM',
  smoke: [],
  releaseFiles: [],
  compose: { build: { args: { NODE: '24' } } },
};
const HEALTH = {
  successes: 3,
  retries: 10,
  intervalMs: 1000,
  timeoutMs: 5000,
  startPeriodMs: 30_000,
  reach: [],
  maxRestarts: 0,
};

describe('the example of the design', () => {
  test('becomes this app on one machine', () => {
    using folder = example();
    expect(folder.load('local', KEY)).toEqual({
      name: 'ai-trading-bot',
      root: folder.path,
      environment: {
        name: 'local',
        target: 'process',
        listen: ['127.0.0.1:8080'],
        tags: 'any',
        approvals: 0,
        strategy: {
          bakeMs: 30_000,
          drainMs: 30_000,
          holdMs: 15_000,
          rollbackTimeoutMs: 300_000,
          gateTimeoutMs: 60_000,
        },
        preset: {},
      },
      environments: ['local', 'vps', 'staging', 'production'],
      services: [
        {
          ...COMMON,
          name: 'bluefin-service',
          role: 'replicated',
          context: folder.path,
          command: ['node', 'bluefin.ts'],
          environment: DRY_RUN,
          ports: [{ containerPort: 8080, protocol: 'tcp' }],
          dependsOn: [],
          resources: {},
          routes: [],
          health: { ...HEALTH, http: { port: 8080, path: '/health' } },
        },
        {
          ...COMMON,
          name: 'mcp-memory',
          role: 'accessory',
          context: folder.path,
          command: ['node', 'memory.ts'],
          environment: DRY_RUN,
          ports: [{ containerPort: 8765, protocol: 'tcp', published: { host: '0.0.0.0', port: 8765 } }],
          dependsOn: [],
          resources: {},
          routes: [],
          health: {
            ...HEALTH,
            command: ['curl', '-f', 'http://localhost:8765/health'],
            retries: 3,
            intervalMs: 10_000,
          },
        },
        {
          ...COMMON,
          name: 'bot',
          role: 'singleton',
          context: folder.path,
          command: ['node', 'bot.ts'],
          environment: { LOG_LEVEL: 'INFO', ...DRY_RUN },
          ports: [{ containerPort: 8000, protocol: 'tcp' }],
          dependsOn: ['bluefin-service', 'mcp-memory'],
          resources: { memoryBytes: 536_870_912 },
          routes: [],
          releaseFiles: [join(folder.path, 'strategies')],
          health: {
            ...HEALTH,
            http: { port: 8000, path: '/health' },
            intervalMs: 5000,
            logErrorsPerMinute: 5,
            memory: { share: 0.8 },
            reach: ['bluefin-service:8080'],
          },
          singleton: {
            start: 'warm',
            stop: 'http',
            account: 'bluefin-main',
            settle: 'flatten',
            reconcile: 'venue',
            venueUrl: 'http://127.0.0.1:9000',
            clientIds: 'prefix:ait-',
            maxInFlightMs: 10_000,
            settleTimeoutMs: 60_000,
          },
        },
        {
          ...COMMON,
          name: 'dashboard',
          role: 'replicated',
          context: folder.path,
          command: ['node', 'dashboard.ts'],
          environment: DRY_RUN,
          ports: [{ containerPort: 8000, protocol: 'tcp', published: { host: '127.0.0.1', port: 8000 } }],
          dependsOn: ['bot'],
          resources: {},
          routes: [{ path: '/' }],
          health: HEALTH,
        },
      ],
      flags: [{ name: 'dryRun', type: 'boolean', env: 'SYSTEM__DRY_RUN', default: 'true' }],
      retiredFlags: [],
      secrets: { BLUEFIN_KEY: '{app}/{env}/bluefin#private_key' },
      secretValues: { 'bluefin-service': KEY, 'mcp-memory': KEY, bot: KEY, dashboard: KEY },
      policy: { windows: [], calendars: [], limits: {}, notify: [] },
      names: {
        cluster: '{app}-{env}',
        service: '{app}-{env}-{service}',
        taskFamily: '{app}-{env}-{service}',
        repository: '{app}-{env}-{service}',
        logGroup: '/ecs/{app}-{env}/{service}',
        secret: '{app}/{env}/{service}',
        taskRole: '{app}-{env}-{service}-task',
        executionRole: '{app}-{env}-execution',
      },
      images: { platforms: ['linux/amd64'], keep: 10 },
      compose: { project: expect.any(String), volumes: {}, networks: {}, secrets: {}, configs: {} },
      logLevel: 'info',
      warnings: [
        'dashboard: without effect on target process: build.args',
        expect.stringMatching(/^bot: limits of memory and CPU are kept on target process only/) as string,
        'bot: without effect on target process: build.args',
        'bluefin-service: without effect on target process: build.args',
        'mcp-memory: without effect on target process: build.args',
      ],
    });
  });

  test('has in production what production says, and two of each replicated service', () => {
    using folder = example();
    const app = folder.load('production');
    expect(app.environment).toMatchObject({
      target: 'ecs',
      region: 'eu-west-1',
      awsAccount: '222222222222',
      tags: 'semver',
      approvals: 1,
      strategy: { bakeMs: 900_000, drainMs: 30_000 },
      ecs: { spot: false, exec: false, rollout: 'blue-green' },
      listen: [],
    });
    expect(app.services.map((service) => [service.name, service.replicas])).toEqual([
      ['bluefin-service', 2],
      ['mcp-memory', 1],
      ['bot', 1],
      ['dashboard', 2],
    ]);
  });

  test('is refused for one thing as it stands there: the venue has no address', () => {
    const text = EXAMPLE.replace(/ {4}venue: .*\n/, '');
    using folder = new AppFolder({ 'baton.yaml': text, 'compose.yaml': EXAMPLE_COMPOSE, 'strategies/': '' });
    expect(folder.refusal('local', KEY).message).toBe(
      'baton.yaml:15:16: reconcile: venue needs the address to ask: venue: https://...',
    );
  });
});

describe('which environment is meant', () => {
  test('asks where several are declared, with the lines to copy', () => {
    using folder = example();
    const refusal = folder.refusal();
    expect(refusal.code).toBe('environment-required');
    expect(refusal.message).toBe('baton.yaml declares 4 environments: local, vps, staging, production');
    expect(refusal.hint).toContain('baton deploy local  |  baton deploy vps');
  });

  test('suggests the one that is near to an unknown one', () => {
    using folder = example();
    const refusal = folder.refusal('prodution');
    expect(refusal.code).toBe('environment-unknown');
    expect(refusal.message).toBe('There is no environment "prodution" in baton.yaml (did you mean "production"?)');
    expect(refusal.hint).toContain('Copy: baton deploy production');
  });

  test('tells faults of the file before it asks', () => {
    using folder = new AppFolder({ 'baton.yaml': EXAMPLE.replace('stop: http', 'stop: htpp') });
    expect(folder.refusal().code).toBe('config-invalid');
  });
});

describe('variables of the shell', () => {
  test('override retries, interval, bake, rollback timeout and log level', () => {
    using folder = example();
    const app = folder.load('local', {
      ...KEY,
      HEALTH_CHECK_RETRIES: '7',
      HEALTH_CHECK_INTERVAL: '2',
      MIGRATION_GRACE_PERIOD: '45',
      ROLLBACK_TIMEOUT: '120',
      DEPLOYMENT_LOG_LEVEL: 'WARNING',
    });
    expect(app.services.map((service) => [service.health.retries, service.health.intervalMs])).toEqual(
      app.services.map(() => [7, 2000]),
    );
    expect(app.environment.strategy).toMatchObject({ bakeMs: 45_000, rollbackTimeoutMs: 120_000 });
    expect(app.logLevel).toBe('warn');
  });

  test('win over those of .env, which hold where the shell says nothing', () => {
    using folder = new AppFolder({
      'baton.yaml': EXAMPLE,
      'compose.yaml': EXAMPLE_COMPOSE,
      'strategies/': '',
      '.env': 'LOG_LEVEL=DEBUG\nROLLBACK_TIMEOUT=60\n',
    });
    expect(named(folder.load('local', KEY), 'bot').environment).toMatchObject({ LOG_LEVEL: 'DEBUG' });
    expect(named(folder.load('local', { ...KEY, LOG_LEVEL: 'ERROR' }), 'bot').environment).toMatchObject({
      LOG_LEVEL: 'ERROR',
    });
    expect(folder.load('local', KEY).environment.strategy.rollbackTimeoutMs).toBe(60_000);
  });

  test('are read in baton.yaml as the numbers that they become', () => {
    using folder = new AppFolder({
      'baton.yaml': EXAMPLE.replace('approvals: 1', 'approvals: "${APPROVALS:-3}"'),
      'compose.yaml': EXAMPLE_COMPOSE,
      'strategies/': '',
    });
    expect(folder.load('production').environment.approvals).toBe(3);
    expect(folder.load('production', { APPROVALS: '2' }).environment.approvals).toBe(2);
  });
});

describe('weakened claims', () => {
  const weak = (lines: string, target = 'process'): readonly string[] => {
    using folder = new AppFolder({
      'baton.yaml': `app: a\nenvironments: { one: { target: ${target} } }\nservices:\n  bot:\n    role: singleton\n    account: x\n${lines}`,
      'compose.yaml':
        'services: { bot: { build: ., command: x, expose: [1], volumes: ["./data:/data", "./code:/code:ro"] } }',
    });
    return folder.load().warnings;
  };

  test('are said of keep, of no reconciling and of a signal that nobody answers', () => {
    expect(weak('    settle: keep\n    reconcile: none\n')).toEqual([
      'bot: reconcile: none - what is open is taken from the service itself and never asked of the venue',
      'bot: stop: signal without a venue to ask - what is open after a stop is unknown, and a person must say',
      'bot: settle: keep - open orders and positions stay without a holder during a switch',
      'bot: without effect on target process: volumes',
    ]);
  });

  test('are said of a lease, of foreign orders, and of a standby that would write the holder’s volume', () => {
    const lines = weak(
      '    settle: flatten\n    reconcile: venue\n    venue: https://v.example\n    takeover: lease\n    start: warm\n    stop: http\n',
      'docker',
    );
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^bot: no clientIds/);
    expect(lines[1]).toMatch(/^bot: takeover: lease/);
    expect(lines[2]).toMatch(/^bot: starts cold, not warm: both slots would write .*\/data /);
  });
});

test('refuses release files that a link leads out of the folder', () => {
  using elsewhere = new AppFolder({ secret: '' });
  using folder = example();
  symlinkSync(join(elsewhere.path, 'secret'), join(folder.path, 'strategies', 'link'));
  const text = EXAMPLE.replace('strategies/]', 'strategies/link]');
  using linked = new AppFolder({ 'baton.yaml': text, 'compose.yaml': EXAMPLE_COMPOSE, 'strategies/': '' });
  symlinkSync(join(elsewhere.path, 'secret'), join(linked.path, 'strategies', 'link'));
  expect(() => folder.load('local', KEY)).not.toThrow();
  expect(linked.refusal('local', KEY).message).toBe(
    'baton.yaml:18:24: "strategies/link" is a link that leads out of the folder of baton.yaml',
  );
});

test('says what to do where there is no baton.yaml', () => {
  using folder = new AppFolder({});
  const refusal = folder.refusal();
  expect(refusal.code).toBe('config-missing');
  expect(refusal.hint).toContain('baton init');
});

test('gives later targets what they need: windows, calendars, limits, channels, names, migrations, tombstones', () => {
  using folder = new AppFolder({
    'baton.yaml': `app: clever-better
environments:
  dev: { target: ecs, region: eu-west-1, awsAccount: 111111111111, services: { bot: { cpu: 512 units, memory: 1g } } }
  production:
    target: ecs
    region: eu-west-1
    awsAccount: "222222222222"
    windows: ["mon-fri 09:00-17:30 Europe/London", "22:00-02:00"]
    calendars: [racing]
    limits: { cooldown: 10m }
    names: { cluster: "clever-better" }
    flags: { live: true }
services:
  bot: { role: singleton, count: 1, cpu: { production: 1 }, smoke: [{ name: up, http: /health }], secrets: [KEY] }
calendars: { racing: { file: racing.ics, margin: 5m } }
limits: { deploymentsPerDay: 4 }
notify: { oncall: { webhook: "https://hooks.example/x", events: [failed, needs-operator] } }
names: { repository: "clever-better-{env}-{service}" }
migrations: { directory: migrations, databaseUrl: DATABASE_URL, onDeploy: true }
images: { registry: ghcr.io/acme, scan: high }
flags:
  live: { env: LIVE_TRADING_ENABLED, default: false }
  old: { env: OLD_FLAG, removed: true }
secrets: { KEY: "{app}/{env}/betfair#key" }
`,
    'compose.yaml': 'services: { bot: { image: bot, expose: [8000] } }',
    'racing.ics': '',
    'migrations/': '',
  });
  const app = folder.load('production');
  expect(app.policy).toEqual({
    windows: [
      { days: ['mon', 'tue', 'wed', 'thu', 'fri'], fromMinute: 540, toMinute: 1050, timezone: 'Europe/London' },
      { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], fromMinute: 1320, toMinute: 120, timezone: 'UTC' },
    ],
    calendars: [{ name: 'racing', file: join(folder.path, 'racing.ics'), marginMs: 300_000 }],
    limits: { deploymentsPerDay: 4, cooldownMs: 600_000 },
    notify: [
      { name: 'oncall', events: ['failed', 'needs-operator'], to: { kind: 'webhook', url: 'https://hooks.example/x' } },
    ],
  });
  expect(app.names).toMatchObject({ cluster: 'clever-better', repository: 'clever-better-{env}-{service}' });
  expect(app.migrations).toMatchObject({ databaseUrl: 'DATABASE_URL', onDeploy: true });
  expect(app.images).toEqual({
    registry: 'ghcr.io/acme',
    platforms: ['linux/amd64'],
    refuseSeverity: 'high',
    keep: 10,
  });
  expect(app.flags).toEqual([{ name: 'live', type: 'boolean', env: 'LIVE_TRADING_ENABLED', default: 'true' }]);
  expect(app.retiredFlags).toEqual([{ name: 'old', env: 'OLD_FLAG' }]);
  expect(app.environment.tags).toBe('semver');
  expect(named(app, 'bot')).toMatchObject({
    resources: { cpus: 1 },
    secrets: ['KEY'],
    smoke: [{ name: 'up', http: { port: 8000, path: '/health', status: 200 } }],
  });
  const dev = folder.load('dev');
  expect(dev.environment.ecs).toEqual({ spot: true, exec: true, rollout: 'blue-green' });
  expect(named(dev, 'bot').resources).toEqual({ cpus: 0.5, memoryBytes: 1_073_741_824 });
});
