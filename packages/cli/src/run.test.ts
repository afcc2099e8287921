import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AcceptedReport, type DeployRequest, type ErrorReport, type PlanReport, paths } from '@baton/api';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from './run.ts';
import { type FakeContext, type FakeContextOptions, fakeContext } from './testing/fake-context.ts';
import { type Asked, type FakeDaemon, fakeDaemon } from './testing/fake-daemon.ts';
import * as fixtures from './testing/fixtures.ts';

const COMPOSE = 'services:\n  bot:\n    build: .\n    command: node main.js\n';
const BATON = 'app: shop\nenvironments:\n  local: { target: process }\nservices:\n  bot: {}\n';

let folder: string;
let stateDir: string;
let daemon: FakeDaemon | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-test-'));
  stateDir = join(folder, 'state');
  await writeFile(join(folder, 'compose.yaml'), COMPOSE);
  await writeFile(join(folder, 'baton.yaml'), BATON);
});

afterEach(async () => {
  await daemon?.close();
  daemon = undefined;
  await rm(folder, { recursive: true, force: true });
});

const startDaemon = async (): Promise<FakeDaemon> => {
  const { mkdir } = await import('node:fs/promises');
  await mkdir(stateDir, { recursive: true });
  daemon = await fakeDaemon(stateDir);
  return daemon;
};

const context = (options: Partial<FakeContextOptions> = {}): FakeContext =>
  fakeContext({
    cwd: folder,
    now: fixtures.AT + 60_000,
    ...options,
    env: { BATON_STATE_DIR: stateDir, ...options.env },
  });

const accepted: AcceptedReport = { scope: 'shop/local', generation: 12, release: 7, kind: 'deploy', unchanged: false };

const deploys = (fake: FakeDaemon, lines: readonly unknown[]): void => {
  fake.on('POST', paths.deploy, { value: accepted });
  fake.on('GET', paths.events('shop', 'local'), { lines });
};

const sent = (fake: FakeDaemon, method: string, path: string): Asked | undefined =>
  fake.asked.find((one) => one.method === method && one.path === path);

test('deploy sends the whole app, follows it, and ends with 0 when it is live', async () => {
  const fake = await startDaemon();
  deploys(fake, fixtures.committedLines);
  const outside = context();
  expect(await run(['deploy', '--service', 'bot', '-t', 'v1.2.3'], outside)).toBe(0);
  const body = sent(fake, 'POST', paths.deploy)?.body as DeployRequest;
  expect(body.app).toMatchObject({ name: 'shop', services: [{ name: 'bot' }] });
  expect(body).toMatchObject({ services: ['bot'], tag: 'v1.2.3', force: false, by: expect.stringMatching(/^.+@.+$/) });
  expect(sent(fake, 'GET', paths.events('shop', 'local'))?.query.get('generation')).toBe('12');
  expect(outside.stdout.text()).toContain('bot acts; nobody did for 3.2 ms');
  expect(outside.stdout.text()).toContain('release 7 is live in 21.3 s');
});

test.each([
  ['rolled-back', 3],
  ['failed', 1],
  ['needs-operator', 5],
  ['stopped', 0],
] as const)('a deployment that ends %s gives exit code %i', async (outcome, exitCode) => {
  const fake = await startDaemon();
  deploys(fake, [
    fixtures.journal(0, 'goal.opened', { goal: fixtures.goal }),
    fixtures.end(5, outcome, exitCode, 'it ended'),
  ]);
  expect(await run(['deploy'], context())).toBe(exitCode);
});

test('a question ends the following with 5 and the exact commands that answer it', async () => {
  const fake = await startDaemon();
  deploys(fake, fixtures.askedLines);
  const outside = context();
  expect(await run(['deploy', 'local'], outside)).toBe(5);
  expect(outside.stdout.text()).toContain(fixtures.question.text);
  expect(outside.stdout.text()).toContain('baton resolve local retry');
  expect(outside.stdout.text()).toContain('baton resolve local stay-down');
});

test('with --json a deployment is one stream line a line, and nothing else', async () => {
  const fake = await startDaemon();
  deploys(fake, fixtures.committedLines);
  const outside = context();
  expect(await run(['deploy', '--json'], outside)).toBe(0);
  const lines = outside.stdout.text().trimEnd().split('\n');
  expect(lines.map((line): unknown => JSON.parse(line))).toEqual(JSON.parse(JSON.stringify(fixtures.committedLines)));
  expect(outside.stderr.text()).toBe('');
});

test('an unchanged app says so, and with --json still ends with an end line', async () => {
  const fake = await startDaemon();
  fake.on('POST', paths.deploy, { value: { ...accepted, unchanged: true } });
  const plain = context();
  expect(await run(['deploy'], plain)).toBe(0);
  expect(plain.stdout.text()).toContain('nothing differs from release 7');
  const json = context();
  expect(await run(['deploy', '--json'], json)).toBe(0);
  expect(JSON.parse(json.stdout.text())).toMatchObject({ kind: 'end', outcome: 'committed', exitCode: 0, release: 7 });
});

test('Ctrl-C detaches: it says how to watch and to abort, and ends with 130', async () => {
  const fake = await startDaemon();
  const outside = context();
  fake.on('POST', paths.deploy, { value: accepted });
  fake.on('GET', paths.events('shop', 'local'), () => {
    setImmediate(outside.interrupt);
    return { lines: fixtures.committedLines.slice(0, 3), after: 'stay' };
  });
  expect(await run(['deploy'], outside)).toBe(130);
  expect(outside.stdout.text()).toContain('baton monitor local');
  expect(outside.stdout.text()).toContain('baton abort local');
});

test('a daemon that dies in the middle is followed again, and no line is told twice', async () => {
  const fake = await startDaemon();
  fake.on('POST', paths.deploy, { value: accepted });
  let asked = 0;
  fake.on('GET', paths.events('shop', 'local'), () => {
    asked += 1;
    return asked === 1
      ? { lines: fixtures.committedLines.slice(0, 8), after: 'break' }
      : { lines: fixtures.committedLines };
  });
  const outside = context({ now: undefined });
  expect(await run(['deploy', '--json'], outside)).toBe(0);
  const told = outside.stdout
    .text()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string; type?: string });
  const journaled = fixtures.committedLines.filter(({ kind }) => kind === 'journal');
  expect(told.filter(({ kind }) => kind === 'journal').map(({ type }) => type)).toEqual(
    journaled.map((line) => line.kind === 'journal' && line.type),
  );
  expect(asked).toBe(2);
});

test('--detach says how to watch, and does not follow', async () => {
  const fake = await startDaemon();
  fake.on('POST', paths.deploy, { value: accepted });
  const outside = context();
  expect(await run(['deploy', '--detach'], outside)).toBe(0);
  expect(outside.stdout.text()).toContain('baton monitor local');
  expect(sent(fake, 'GET', paths.events('shop', 'local'))).toBeUndefined();
});

test('a refusal of the daemon keeps its exit code, and is one line with a hint', async () => {
  const fake = await startDaemon();
  const report: ErrorReport = {
    error: {
      code: 'busy',
      message: 'bob@desk deploys release 6; it bakes.',
      hint: 'baton monitor',
      fault: 'user',
      exitCode: 4,
    },
  };
  fake.on('POST', paths.deploy, { value: report, status: 409 });
  const plain = context();
  expect(await run(['deploy'], plain)).toBe(4);
  expect(plain.stderr.text()).toBe('error: bob@desk deploys release 6; it bakes.\nhint: baton monitor\n');
  const json = context();
  expect(await run(['deploy', '--json'], json)).toBe(4);
  expect(JSON.parse(json.stdout.text())).toEqual(report);
  expect(json.stderr.text()).toBe('');
});

test('--dry-run shows the plan and asks for no deployment', async () => {
  const fake = await startDaemon();
  const plan: PlanReport = {
    scope: 'shop/local',
    release: 8,
    liveRelease: 7,
    services: [
      {
        service: 'bot',
        role: 'singleton',
        change: 'changed',
        from: { release: 7, slot: 'green' },
        to: { release: 8, slot: 'blue' },
        differences: ['context: 2 files'],
      },
    ],
    steps: ['launch bot in blue', 'gate'],
    warnings: [],
    findings: [{ ok: false, subject: 'disk', message: '12 MiB are free', hint: 'Make room.' }],
  };
  fake.on('POST', paths.plan, { value: plan });
  const outside = context();
  expect(await run(['deploy', '--dry-run'], outside)).toBe(4);
  expect(outside.stdout.text()).toContain('~ bot (singleton) moves: release 7 in green -> release 8 in blue');
  expect(outside.stdout.text()).toContain('✗ disk: 12 MiB are free');
  expect(sent(fake, 'POST', paths.deploy)).toBeUndefined();
  expect(await run(['plan', '--exit-code'], context())).toBe(6);
});

test('a wrong configuration is refused with its place before a daemon is asked for', async () => {
  await writeFile(join(folder, 'baton.yaml'), BATON.replace('services:', 'servces:'));
  const outside = context();
  expect(await run(['deploy'], outside)).toBe(2);
  expect(outside.stderr.text()).toMatch(/baton\.yaml:4:1/);
  expect(outside.stderr.text()).toContain('services');
  await expect(stat(stateDir)).rejects.toThrow('ENOENT');
});

test('status ends with 0 where all is well and 1 where it is not', async () => {
  const fake = await startDaemon();
  fake.on('GET', paths.status('shop', 'local'), { value: fixtures.status() });
  const well = context();
  expect(await run(['status'], well)).toBe(0);
  expect(well.stdout.text()).toContain('shop/local  release 7  healthy');
  fake.on('GET', paths.status('shop', 'local'), {
    value: fixtures.status({ healthy: false, problems: ['bot is down'] }),
  });
  const ill = context();
  expect(await run(['status'], ill)).toBe(1);
  expect(ill.stdout.text()).toContain('✗ bot is down');
});

test('status starts no daemon: without one it says so and ends with 1', async () => {
  const outside = context();
  expect(await run(['status'], outside)).toBe(1);
  expect(outside.stderr.text()).toContain('No daemon answers');
  await expect(stat(stateDir)).rejects.toThrow('ENOENT');
});

test('where several environments are declared the line to copy is printed', async () => {
  await writeFile(join(folder, 'baton.yaml'), BATON.replace('local:', 'staging: { target: process }\n  local:'));
  const outside = context();
  expect(await run(['deploy'], outside)).toBe(2);
  expect(outside.stderr.text()).toContain('baton deploy staging');
});

test.each([
  [['stauts'], 'Did you mean status?'],
  [['deploy', '--dryrun'], 'Did you mean --dry-run?'],
  [['deploy', 'locl'], 'Did you mean: baton deploy local'],
  [['status', 'blue'], '"blue" is a slot, not an environment.'],
  [['status', 'local', 'more'], 'Too many arguments'],
  [['rollback', '--to', 'x'], 'It must be a whole number'],
  [['health', '--slot', 'red'], 'It must be blue or green'],
  [['logs', '--since', 'soon'], 'It must be a duration'],
  [['health', 'blue', 'green'], 'One environment and one slot'],
  [['cleanup'], 'baton cleanup local --slot blue'],
  [['completion', 'bsh'], 'Did you mean: baton completion bash'],
  [['serve', '--dry-run'], 'baton serve --install --dry-run'],
])('%j is wrong usage, and says what was meant', async (argv, hint) => {
  const outside = context();
  expect(await run(argv, outside)).toBe(2);
  expect(outside.stderr.text()).toContain(hint);
  expect(outside.stderr.text()).not.toMatch(/\n {4}at /);
});

test('a usage error with --json is an error report on stdout', async () => {
  const outside = context();
  expect(await run(['stauts', '--json'], outside)).toBe(2);
  expect(JSON.parse(outside.stdout.text())).toMatchObject({ error: { code: 'usage', exitCode: 2, fault: 'user' } });
});

test('health looks at one slot, named either way', async () => {
  const fake = await startDaemon();
  const idle = fixtures.instance({
    slot: 'blue',
    live: false,
    instance: 'dd'.repeat(16),
    health: {
      successes: 0,
      identity: 'match',
      violations: [{ layer: 'resources', service: 'bot', instance: 'dd', evidence: 'memory at 91 % of its limit' }],
      lastFailure: undefined,
    },
  });
  fake.on('GET', paths.status('shop', 'local'), { value: fixtures.status({ instances: [fixtures.instance(), idle] }) });
  expect(await run(['health', 'green'], context())).toBe(0);
  const blue = context();
  expect(await run(['health', '--slot', 'blue'], blue)).toBe(1);
  expect(blue.stdout.text()).toContain('resources: memory at 91 % of its limit');
  expect(blue.stdout.text()).not.toContain('green');
  const empty = context();
  fake.on('GET', paths.status('shop', 'local'), { value: fixtures.status() });
  expect(await run(['health', 'blue'], empty)).toBe(1);
  expect(empty.stdout.text()).toContain('nothing runs there');
});

test('validate fails on a second actor, a route to the wrong slot and a mixed version', async () => {
  const fake = await startDaemon();
  fake.on('GET', paths.status('shop', 'local'), { value: fixtures.status() });
  expect(await run(['validate'], context())).toBe(0);
  const second = fixtures.instance({ instance: 'ee'.repeat(16), slot: 'blue', live: false });
  const mixed = fixtures.instance({
    service: 'web',
    part: 'replica',
    health: { ...fixtures.instance().health, identity: 'mismatch' },
  });
  const [route] = fixtures.status().routes;
  fake.on('GET', paths.status('shop', 'local'), {
    value: fixtures.status({
      instances: [fixtures.instance(), second, mixed],
      routes: route === undefined ? [] : [{ ...route, pool: 'bot@blue:8000' }],
    }),
  });
  const outside = context();
  expect(await run(['validate'], outside)).toBe(1);
  expect(outside.stdout.text()).toContain('✗ baton of bot: 2 instances act under it');
  expect(outside.stdout.text()).toContain('✗ routes: / goes to bot@blue:8000');
  expect(outside.stdout.text()).toContain('✗ identity: web');
});

test('rollback asks for the release that was named; its dry run shows the plan of the daemon and follows nothing', async () => {
  const fake = await startDaemon();
  const path = paths.rollback('shop', 'local');
  fake.on('POST', path, { value: fixtures.plan({ release: 6, liveRelease: 7 }) });
  const dry = context();
  expect(await run(['rollback', '--dry-run'], dry)).toBe(0);
  expect(dry.stdout.text()).toContain('release 6 would be gone back to');
  expect(dry.stdout.text()).toContain('dry run: nothing was done');
  expect(sent(fake, 'POST', path)?.body).toMatchObject({ dryRun: true, irreversible: false });
  const findings = [{ ok: false, subject: 'checkpoint of bot', message: 'release 5 reads none' }];
  fake.on('POST', path, { value: fixtures.plan({ release: 5, liveRelease: 7, findings }) });
  const refused = context();
  expect(await run(['rollback', '--dry-run', '--to', '5'], refused)).toBe(4);
  expect(refused.stdout.text()).toContain('✗ checkpoint of bot: release 5 reads none');
  fake.on('POST', path, { value: { ...accepted, kind: 'rollback', release: 6 } });
  fake.on('GET', paths.events('shop', 'local'), { lines: [fixtures.end(5, 'committed', 0, 'release 6 is live')] });
  expect(await run(['rollback', '--to', '6', '--irreversible'], context())).toBe(0);
  expect(fake.asked.filter((one) => one.path === path).at(-1)?.body).toMatchObject({
    to: 6,
    force: false,
    irreversible: true,
  });
});

test('abort is done when it is back: going back is what was asked for', async () => {
  const fake = await startDaemon();
  fake.on('POST', paths.abort('shop', 'local'), { value: { generation: 12 } });
  fake.on('GET', paths.events('shop', 'local'), { lines: fixtures.rolledBackLines });
  expect(await run(['abort', '--reason', 'wrong tag'], context())).toBe(0);
  expect(sent(fake, 'POST', paths.abort('shop', 'local'))?.body).toMatchObject({ reason: 'wrong tag' });
});

const opened = {
  generation: 12,
  kind: 'deploy' as const,
  release: 7,
  direction: 'forward' as const,
  step: 'wait',
  reason: 'waiting for an answer',
  by: 'alice@desk',
  openedAt: fixtures.AT,
  bake: null,
  question: fixtures.question,
  violations: [],
};

test('resolve shows the question without an answer, and binds an answer to that question', async () => {
  const fake = await startDaemon();
  fake.on('GET', paths.status('shop', 'local'), { value: fixtures.status({ open: opened }) });
  const shown = context();
  expect(await run(['resolve'], shown)).toBe(5);
  expect(shown.stdout.text()).toContain('baton resolve local stay-down');
  const wrong = context();
  expect(await run(['resolve', 'stay-dwn'], wrong)).toBe(2);
  expect(wrong.stderr.text()).toContain('Did you mean: baton resolve local stay-down');
  fake.on('POST', paths.resolve('shop', 'local'), { value: { generation: 12 } });
  fake.on('GET', paths.events('shop', 'local'), { lines: [fixtures.end(5, 'rolled-back', 3, 'back')] });
  expect(await run(['resolve', 'local', 'retry'], context())).toBe(3);
  expect(sent(fake, 'POST', paths.resolve('shop', 'local'))?.body).toMatchObject({
    question: fixtures.question.id,
    answer: 'retry',
  });
});

test('stop --emergency is LATCHED with 5 until every death is confirmed, and STOPPED with 0 then', async () => {
  const fake = await startDaemon();
  const dead = { service: 'bot', instance: 'b2'.repeat(16), proof: 'cgroup-empty', problem: null };
  const path = paths.emergency('shop', 'local');
  fake.on('POST', path, {
    value: {
      state: 'LATCHED',
      latched: ['account/main'],
      instances: [{ ...dead, proof: null, problem: 'no answer' }],
      cancelled: {},
    },
  });
  const latched = context();
  expect(await run(['stop', '--emergency'], latched)).toBe(5);
  expect(latched.stdout.text()).toContain('not dead  bot b2b2b2b2: no answer');
  fake.on('POST', path, { value: { state: 'STOPPED', latched: [], instances: [dead], cancelled: { main: 3 } } });
  const stopped = context();
  expect(await run(['stop', '--emergency', '--reason', 'wrong orders'], stopped)).toBe(0);
  expect(stopped.stdout.text()).toContain('main: 3 open orders cancelled');
  expect(fake.asked.filter((one) => one.path === path).at(-1)?.body).toMatchObject({ reason: 'wrong orders' });
});

test('cleanup, arm, promote, restart and unlock ask for exactly that', async () => {
  const fake = await startDaemon();
  fake.on('POST', paths.cleanup('shop', 'local'), { value: { stopped: ['bot (release 6)'], removed: [] } });
  expect(await run(['cleanup', '--slot', 'blue'], context())).toBe(0);
  expect(sent(fake, 'POST', paths.cleanup('shop', 'local'))?.body).toMatchObject({ slot: 'blue' });
  fake.on('POST', paths.arm('shop', 'local'), { value: { cleared: ['account/main'] } });
  const armed = context();
  expect(await run(['arm'], armed)).toBe(0);
  expect(armed.stdout.text()).toContain('nothing acts by itself');
  fake.on('GET', paths.events('shop', 'local'), { lines: fixtures.committedLines });
  fake.on('POST', paths.promote('shop', 'local'), { value: { generation: 12 } });
  expect(await run(['promote'], context())).toBe(0);
  fake.on('POST', paths.restart('shop', 'local'), { value: { ...accepted, kind: 'restart' } });
  expect(await run(['restart', '-s', 'bot'], context())).toBe(0);
  expect(sent(fake, 'POST', paths.restart('shop', 'local'))?.body).toMatchObject({ services: ['bot'] });
  fake.on('POST', paths.unlock('shop', 'local'), { value: { epoch: 5 } });
  expect(await run(['unlock'], context())).toBe(0);
  fake.on('POST', paths.resume('shop', 'local'), { value: { generation: null } });
  const nothing = context();
  expect(await run(['resume'], nothing)).toBe(0);
  expect(nothing.stdout.text()).toContain('nothing to resume');
});

test('logs keep a workload from moving the cursor, and follow shows no line twice', async () => {
  const fake = await startDaemon();
  const line = {
    at: fixtures.AT,
    service: 'bot',
    slot: 'green',
    release: 7,
    instance: 'b2',
    stream: 'stdout',
    text: 'a\u001b[2Jb',
  };
  let looks = 0;
  const outside = context({ now: undefined });
  fake.on('GET', paths.logs('shop', 'local'), () => {
    looks += 1;
    if (looks === 3) outside.interrupt();
    const more = looks === 1 ? [] : [{ ...line, text: 'second' }];
    return { value: { lines: [line, ...more] } };
  });
  expect(await run(['logs', '--follow', '--service', 'bot'], outside)).toBe(130);
  const shown = outside.stdout.text().trimEnd().split('\n');
  expect(shown.map((text) => text.split(' | ')[1])).toEqual(['ab', 'second']);
  expect(fake.asked.find((one) => one.path === paths.logs('shop', 'local'))?.query.get('service')).toBe('bot');
});

test('monitor --once is one picture with logs and resources', async () => {
  const fake = await startDaemon();
  fake.on('GET', paths.status('shop', 'local'), {
    value: fixtures.status({ open: { ...opened, question: null, bake: { healthyMs: 5_000, ofMs: 20_000 } } }),
  });
  fake.on('GET', paths.logs('shop', 'local'), {
    value: {
      lines: [
        {
          at: fixtures.AT,
          service: 'bot',
          slot: 'green',
          release: 7,
          instance: 'b2',
          stream: 'stdout',
          text: 'bought 1',
        },
      ],
    },
  });
  const outside = context();
  expect(await run(['monitor', '--once'], outside)).toBe(0);
  expect(outside.stdout.text()).toContain('━━━━━╌');
  expect(outside.stdout.text()).toContain('96 MiB');
  expect(outside.stdout.text()).toContain('bought 1');
});

test('init writes what verify can read, and never overwrites', async () => {
  await rm(join(folder, 'baton.yaml'));
  expect(await run(['init', '--name', 'shop'], context())).toBe(0);
  expect(await readFile(join(folder, 'baton.yaml'), 'utf8')).toContain('app: shop');
  await writeFile(join(folder, 'baton.yaml'), 'mine');
  const outside = context();
  expect(await run(['init'], outside)).toBe(2);
  expect(await readFile(join(folder, 'baton.yaml'), 'utf8')).toBe('mine');
  expect(outside.stderr.text()).toContain('is there already');
});

test('render shows the app whole, without values whose names look secret', async () => {
  const secret = `${COMPOSE}    environment:\n      API_KEY: hunter2\n      LEVEL: debug\n`;
  await writeFile(join(folder, 'compose.yaml'), secret);
  const outside = context();
  expect(await run(['render'], outside)).toBe(0);
  expect(outside.stdout.text()).toContain('LEVEL: debug');
  expect(outside.stdout.text()).not.toContain('hunter2');
  const revealed = context();
  expect(await run(['render', '--reveal', '--json'], revealed)).toBe(0);
  expect(JSON.parse(revealed.stdout.text())).toMatchObject({ services: [{ environment: { API_KEY: 'hunter2' } }] });
});

test('audit shows the newest entries; a broken chain ends with 1', async () => {
  const fake = await startDaemon();
  const entries = [{ seq: 1, at: fixtures.AT, type: 'goal.opened', payload: { a: 1 }, hash: 'ff' }];
  const path = paths.audit('shop', 'local');
  fake.on('GET', path, { value: { scope: 'shop/local', entries, fault: null, verified: true } });
  const whole = context();
  expect(await run(['audit', '--verify'], whole)).toBe(0);
  expect(whole.stdout.text()).toContain('the journal is whole');
  const fault = { stream: 'shop/local', seq: 3, problem: 'its hash does not match' };
  fake.on('GET', path, { value: { scope: 'shop/local', entries, fault, verified: true } });
  const broken = context();
  expect(await run(['audit', '--verify'], broken)).toBe(1);
  expect(broken.stdout.text()).toContain('broken at entry 3');
});
