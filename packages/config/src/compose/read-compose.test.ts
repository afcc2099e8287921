// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of configuration files are what is tested
import { join } from 'node:path';
import type { ServiceSpec } from '@baton/core';
import { expect, test } from 'vitest';
import { AppFolder } from '../testing/app-folder.ts';

/** Baton's half for a compose file with these services, on a target that takes everything. */
const batonFor = (names: readonly string[], more = ''): string =>
  `app: a\nenvironments: { one: { target: docker } }\nservices: { ${names.map((name) => `${name}: {}`).join(', ')} }\n${more}`;

function load(compose: string, files: Readonly<Record<string, string>> = {}, names = ['web']): readonly ServiceSpec[] {
  using folder = new AppFolder({ 'baton.yaml': batonFor(names), 'compose.yaml': compose, ...files });
  return folder.load(undefined, { FROM_SHELL: 'shell' }).services;
}

const only = (services: readonly ServiceSpec[]): ServiceSpec => {
  const [service] = services;
  if (service === undefined || services.length !== 1) throw new Error('not one service');
  return service;
};

test('reads ports in every way they are written', () => {
  const ports = `[80, "8001:81", "127.0.0.1:8002:82/tcp", "[::1]:8003:83", "9090-9091:90-91", "5000:50/udp", { target: 84, published: "8004", host_ip: 127.0.0.1 }]`;
  const tcp = 'tcp' as const;
  expect(only(load(`services: { web: { image: x, ports: ${ports}, expose: ["80", 99] } }`)).ports).toEqual([
    { containerPort: 80, protocol: tcp },
    { containerPort: 81, protocol: tcp, published: { host: '0.0.0.0', port: 8001 } },
    { containerPort: 82, protocol: tcp, published: { host: '127.0.0.1', port: 8002 } },
    { containerPort: 83, protocol: tcp, published: { host: '::1', port: 8003 } },
    { containerPort: 90, protocol: tcp, published: { host: '0.0.0.0', port: 9090 } },
    { containerPort: 91, protocol: tcp, published: { host: '0.0.0.0', port: 9091 } },
    { containerPort: 50, protocol: 'udp', published: { host: '0.0.0.0', port: 5000 } },
    { containerPort: 84, protocol: tcp, published: { host: '127.0.0.1', port: 8004 } },
    { containerPort: 99, protocol: tcp },
  ]);
});

test('reads the environment as a mapping, as a list and from files, the later over the earlier', () => {
  const spec = only(
    load(
      'services: { web: { image: x, env_file: [a.env, { path: none.env, required: false }], environment: [FROM_SHELL, UNSET, B=2, EMPTY=, URL=a=b] } }',
      { 'a.env': 'A=1\nB=1\n# comment\nQ="quoted text"\n' },
    ),
  );
  expect(spec.environment).toEqual({ A: '1', B: '2', Q: 'quoted text', FROM_SHELL: 'shell', EMPTY: '', URL: 'a=b' });
});

test('keeps every digit of a long number', () => {
  const compose = 'services: { web: { image: x, environment: { ID: 123456789012345678901, T: true, F: 0.5, N: } } }';
  expect(only(load(compose)).environment).toEqual({ ID: '123456789012345678901', T: 'true', F: '0.5' });
});

test('reads volumes and tmpfs', () => {
  const volumes =
    '["./data:/data", "cache:/cache:ro", "/tmp/anonymous", { type: bind, source: ./x, target: /x, read_only: true }]';
  using folder = new AppFolder({
    'baton.yaml': batonFor(['web']),
    'compose.yaml': `services: { web: { image: x, volumes: ${volumes}, tmpfs: "/run:size=1m" } }\nvolumes: { cache: }`,
  });
  expect(only(folder.load().services).volumes).toEqual([
    { kind: 'bind', source: join(folder.path, 'data'), target: '/data', readOnly: false },
    { kind: 'volume', source: 'cache', target: '/cache', readOnly: true },
    { kind: 'volume', target: '/tmp/anonymous', readOnly: false },
    { kind: 'bind', source: join(folder.path, 'x'), target: '/x', readOnly: true },
    { kind: 'tmpfs', target: '/run', readOnly: false },
  ]);
});

test('reads commands as lines and as lists, and health tests of every kind', () => {
  const one = (rest: string): ServiceSpec => only(load(`services: { web: { image: x, ${rest} } }`));
  expect(one(`command: sh -c "echo $$HOME 'x y'"`).command).toEqual(['sh', '-c', "echo $HOME 'x y'"]);
  expect(one('command: [a, 1], entrypoint: /init').command).toEqual(['a', '1']);
  expect(one('entrypoint: ["/init", "-v"]').entrypoint).toEqual(['/init', '-v']);
  expect(one('healthcheck: { test: curl -f x || exit 1 }').health.command).toEqual([
    '/bin/sh',
    '-c',
    'curl -f x || exit 1',
  ]);
  expect(one('healthcheck: { test: [CMD-SHELL, a b] }').health.command).toEqual(['/bin/sh', '-c', 'a b']);
  expect(one('healthcheck: { test: [NONE] }').health.command).toBeUndefined();
  expect(one('healthcheck: { test: [CMD, x], disable: true }').health.command).toBeUndefined();
  expect(one('healthcheck: { test: [CMD, x], start_period: 1m, timeout: 500ms }').health).toMatchObject({
    startPeriodMs: 60_000,
    timeoutMs: 500,
  });
});

test('reads limits from deploy before the older keys, and hands the rest on', () => {
  const spec = only(
    load(
      'services: { web: { image: x, cpus: 2, mem_limit: 1g, deploy: { replicas: 3, resources: { limits: { memory: 64mb } } }, cap_add: [NET_ADMIN], init: true, x-mine: 1, stop_signal: INT, user: 1000, working_dir: /app, restart: unless-stopped } }',
    ),
  );
  expect(spec.resources).toEqual({ cpus: 2, memoryBytes: 67_108_864 });
  expect(spec).toMatchObject({ replicas: 3, stopSignal: 'SIGINT', user: '1000', workingDir: '/app' });
  expect(spec.compose).toEqual({
    deploy: { replicas: 3, resources: { limits: { memory: 67_108_864 } } },
    cap_add: ['NET_ADMIN'],
    init: true,
    restart: 'unless-stopped',
  });
});

test('lays what a service extends under it, from the same file and from another folder', () => {
  using folder = new AppFolder({
    'baton.yaml': batonFor(['base', 'web']),
    'compose.yaml': `services:
  base: { extends: { file: common/base.yaml, service: root }, environment: { B: base }, command: base }
  web: { extends: base, environment: [C=web], ports: ["81:81"], command: [web] }`,
    'common/base.yaml': 'services: { root: { build: ./app, environment: { A: root, B: root }, ports: ["80"] } }',
  });
  const web = folder.load().services.find((service) => service.name === 'web');
  expect(web).toMatchObject({
    context: join(folder.path, 'common', 'app'),
    environment: { A: 'root', B: 'base', C: 'web' },
    command: ['web'],
  });
  expect(web?.ports.map((port) => port.containerPort)).toEqual([80, 81]);
});

test('takes in what a file includes, with the variables of its own folder', () => {
  using folder = new AppFolder({
    'baton.yaml': batonFor(['web', 'cache']),
    'compose.yaml': 'include: [cache/compose.yaml]\nservices: { web: { image: x, depends_on: [cache] } }',
    'cache/compose.yaml': 'services: { cache: { build: ., image: "cache:${VERSION}" } }',
    'cache/.env': 'VERSION=7\n',
  });
  const [cache, web] = folder.load().services;
  expect(cache).toMatchObject({ name: 'cache', image: 'cache:7', context: join(folder.path, 'cache') });
  expect(web).toMatchObject({ name: 'web', dependsOn: ['cache'] });
});

test('refuses an include that goes in a circle, and one that brings a service twice', () => {
  using folder = new AppFolder({
    'baton.yaml': batonFor(['web']),
    'compose.yaml': 'include: [other.yaml]\nservices: { web: { image: x } }',
    'other.yaml': 'include: [compose.yaml]\nservices: {}',
  });
  expect(folder.refusal().message).toMatch(/files include each other more than 16 deep/);
  using twice = new AppFolder({
    'baton.yaml': batonFor(['web']),
    'compose.yaml': 'include: [a.yaml, b.yaml]\nservices: {}',
    'a.yaml': 'services: { web: { image: x } }',
    'b.yaml': 'services: { web: { image: y } }',
  });
  expect(twice.refusal().message).toBe('compose.yaml:1:19: the service "web" of an included file stands elsewhere too');
});

test('lays later compose files over earlier ones', () => {
  using folder = new AppFolder({
    'baton.yaml': batonFor(['web'], 'compose: [compose.yaml, compose.prod.yaml]\n'),
    'compose.yaml': 'services: { web: { image: x, environment: { A: 1, B: 1 }, command: a } }',
    'compose.prod.yaml': 'services: { web: { environment: { B: 2 }, command: b } }',
  });
  expect(only(folder.load().services)).toMatchObject({ image: 'x', environment: { A: '1', B: '2' }, command: ['b'] });
});

test('leaves out services whose profiles are off, in baton.yaml as well', () => {
  const compose = 'services: { web: { image: x }, debug: { image: y, profiles: [debug] } }';
  expect(load(compose).map((service) => service.name)).toEqual(['web']);
  using folder = new AppFolder({ 'baton.yaml': batonFor(['web', 'debug']), 'compose.yaml': compose });
  expect(folder.load(undefined, { COMPOSE_PROFILES: 'debug' }).services).toHaveLength(2);
});

test('warns of a variable that is not set, and of one inside .env', () => {
  using folder = new AppFolder({
    'baton.yaml': batonFor(['web']),
    'compose.yaml': 'services:\n  web:\n    image: "x:${TAG}"\n',
    '.env': 'A=${B}\n',
  });
  const warnings = folder.load().warnings.map((line) => line.replace(`${folder.path}/`, ''));
  expect(warnings).toEqual([
    '.env: the value of A holds "${...}", which is taken as it is written there',
    'compose.yaml:3:15: the variable "TAG" is not set and stands for nothing here',
  ]);
});

test('finds the compose file by the names that Docker Compose tries', () => {
  using folder = new AppFolder({
    'baton.yaml': batonFor(['web']),
    'docker-compose.yml': 'version: "3"\nservices: { web: { image: x } }',
  });
  expect(folder.load().services).toHaveLength(1);
});

test('says where a fault in an extended file stands', () => {
  using folder = new AppFolder({
    'baton.yaml': batonFor(['web']),
    'compose.yaml': 'services: { web: { extends: { file: base.yaml, service: rot } } }',
    'base.yaml': 'services:\n  root:\n    imag: x\n',
  });
  expect(folder.refusal().message.split('\n')).toEqual([
    'base.yaml:3:5: unknown key "imag" (did you mean "image"?)',
    'compose.yaml:1:29: there is no service "rot" in base.yaml to extend (did you mean "root"?)',
  ]);
});
