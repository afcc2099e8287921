import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BatonError, type InstanceId, type InstanceObservation, type PinnedService, type Target } from '@baton/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findCgroupParent } from './confinement/index.ts';
import { isAlive, processesWithNonce, readStat } from './proc/index.ts';
import { processTarget } from './process-target.ts';
import { clock, eventually, freshInstance, Place, scope } from './testing/place.ts';

const hasCgroups = findCgroupParent() !== undefined;
const ways = [
  { cgroups: 'off', method: 'no-process-with-nonce', weak: true },
  ...(hasCgroups ? [{ cgroups: 'auto', method: 'cgroup-empty', weak: false } as const] : []),
] as const;

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place.remove());

const pidOf = (observation: InstanceObservation): number => Number(observation.handle.split(':')[0]);
const recordPath = (instance: InstanceId): string => join(place.stateDir, 'instances', `${instance}.json`);
const editRecord = (instance: InstanceId, change: object): void => {
  const record = JSON.parse(readFileSync(recordPath(instance), 'utf8')) as object;
  writeFileSync(recordPath(instance), JSON.stringify({ ...record, ...change }));
};
const seen = async (target: Target, instance: InstanceId): Promise<InstanceObservation | undefined> => {
  const answer = await target.observe(scope);
  if (!answer.known) throw new Error(answer.reason);
  return answer.value.find((one) => one.instance === instance);
};

describe.each(ways)('with cgroups $cgroups', ({ cgroups, method, weak }) => {
  const daemon = (): Target =>
    processTarget({ stateDir: place.stateDir, portLeaseDir: place.leases, clock, cgroups, killTimeoutMs: 5000 });
  const pinned = (target: Target, over: Parameters<Place['service']>[0] = {}): Promise<PinnedService> => {
    const service = place.service(over);
    return target.pin(place.app(service), service);
  };
  const launched = async (target: Target, command: readonly string[]): Promise<InstanceObservation> =>
    target.launch(place.request(await pinned(target, { command })));
  const output = async (target: Target, instance: InstanceId, lines: number): Promise<readonly string[]> => {
    const read = async (): Promise<readonly string[]> => (await target.logs(instance, 0, 100)).map((line) => line.text);
    await eventually(async () => (await read()).length >= lines, `${lines} lines of output`);
    return read();
  };

  test("arguments arrive unharmed and the environment is the contract, without the daemon's own", async () => {
    process.env['DAEMON_SECRET'] = 'leak';
    const target = daemon();
    const odd = ['a b', '$HOME', '"quoted"', "it's", 'ünï→', '', '*', '-n', 'line\nbreak'];
    const script =
      'process.stdout.write(JSON.stringify({args: process.argv.slice(2), env: process.env, cwd: process.cwd()}) + "\\n"); setInterval(() => {}, 1000)';
    place.write('bot/show.js', script);
    const service = await pinned(target, {
      command: ['node', 'show.js', ...odd],
      environment: { 'spring.profile': 'x y', PORT: '1', LIMIT: '7' },
      ports: [
        { containerPort: 8000, protocol: 'tcp' },
        { containerPort: 9000, protocol: 'tcp' },
      ],
      volumes: [{ kind: 'volume', source: 'db-data', target: '/data', readOnly: false }],
    });
    const request = place.request(service, {
      startAs: { kind: 'holder', token: 7 },
      environment: { BATON_PEER_VENUE: 'http://x' },
    });
    const { instance, addresses } = await target.launch(request);
    const [line] = await output(target, instance, 1);
    const shown = JSON.parse(line ?? '') as { args: string[]; env: Record<string, string>; cwd: string };
    delete process.env['DAEMON_SECRET'];
    expect(shown.args).toEqual(odd);
    expect(shown.cwd.startsWith(service.artefact)).toBe(true);
    expect(shown.env).toMatchObject({
      BATON_INSTANCE: instance,
      BATON_APP: 'shop',
      BATON_ENVIRONMENT: 'local',
      BATON_SERVICE: 'bot',
      BATON_SLOT: 'blue',
      BATON_RELEASE: '1',
      BATON_DIGEST: service.digest,
      BATON_SECRET: 'only-we-know',
      BATON_START_AS: 'holder',
      BATON_TOKEN: '7',
      BATON_PEER_VENUE: 'http://x',
      BATON_DATA_DIR: join(place.stateDir, 'data/shop/local/bot'),
      BATON_VOLUME_DB_DATA: join(place.stateDir, 'volumes/shop/local/db-data'),
      'spring.profile': 'x y',
      LIMIT: '7',
      PORT: addresses[8000]?.split(':')[1],
      PORT_9000: addresses[9000]?.split(':')[1],
    });
    expect(shown.env['DAEMON_SECRET']).toBeUndefined();
    expect(existsSync(shown.env['BATON_DATA_DIR'] ?? '')).toBe(true);
  });

  test('asked twice, at once or later, it starts once', async () => {
    const target = daemon();
    const request = place.request(await pinned(target));
    const [first, second] = await Promise.all([target.launch(request), target.launch(request)]);
    expect(second.handle).toBe(first.handle);
    expect((await target.launch(request)).handle).toBe(first.handle);
    expect((await daemon().launch(request)).handle).toBe(first.handle);
    expect(processesWithNonce(request.instance)).toHaveLength(1);
  });

  test('a kill ends a tree that left its group, session and parent', async () => {
    const target = daemon();
    const leave = 'setsid sh -c "setsid sleep 301 & sleep 302" & echo up; exec sleep 300';
    const { instance } = await launched(target, ['sh', '-c', leave]);
    await eventually(() => processesWithNonce(instance).length >= 4, 'the whole tree');
    const tree = processesWithNonce(instance);
    const proof = await target.kill(instance, 5000);
    expect(proof).toMatchObject({ instance, method, weak });
    expect(tree.filter(isAlive)).toEqual([]);
    expect(await target.kill(instance, 0)).toEqual(proof);
    expect(await seen(target, instance)).toMatchObject({ state: 'dead' });
  });

  test('children born while they are killed do not get away', async () => {
    const target = daemon();
    const { instance } = await launched(target, ['sh', '-c', 'while :; do setsid sleep 1 & sleep 0.01; done']);
    await eventually(() => processesWithNonce(instance).length >= 5, 'some children');
    await target.kill(instance, 5000);
    expect(processesWithNonce(instance)).toEqual([]);
  });

  test('a stop asks the main process first, and its children; a clean exit is told with its code', async () => {
    const target = daemon();
    const program = 'trap "echo asked; exit 7" TERM; echo up; while :; do sleep 0.02; done';
    const { instance } = await launched(target, ['sh', '-c', program]);
    await output(target, instance, 1);
    await target.stop(instance, 5000);
    expect(await output(target, instance, 2)).toEqual(expect.arrayContaining(['up', 'asked']));
    await eventually(async () => (await seen(target, instance))?.exit !== undefined, 'the exit is known');
    expect(await seen(target, instance)).toMatchObject({ state: 'dead', exit: { code: 7, signal: null } });
  });

  test('a program that ignores the stop signal is killed after the grace', async () => {
    const target = daemon();
    const { instance } = await launched(target, ['sh', '-c', 'trap "" TERM; echo up; while :; do sleep 0.05; done']);
    await output(target, instance, 1);
    const begin = performance.now();
    expect(await target.stop(instance, 100)).toMatchObject({ method });
    expect(performance.now() - begin).toBeGreaterThanOrEqual(100);
    expect(processesWithNonce(instance)).toEqual([]);
  });

  test('what outlives its main process is ended, as in a container', async () => {
    const target = daemon();
    const { instance } = await launched(target, ['sh', '-c', 'setsid sleep 300 & exit 3']);
    await eventually(async () => (await seen(target, instance))?.state === 'dead', 'the end is seen');
    expect(processesWithNonce(instance)).toEqual([]);
    await eventually(async () => (await seen(target, instance))?.exit?.code === 3, 'the exit code');
  });

  test('another daemon finds what runs, and ends it', async () => {
    const { instance, handle } = await launched(daemon(), ['sleep', '300']);
    const next = daemon();
    expect(await seen(next, instance)).toMatchObject({ state: 'running', handle, service: 'bot', release: 1 });
    expect(await next.kill(instance, 5000)).toMatchObject({ handle, method });
  });

  test('a crash before the spawn: the nonce is dead and is never started again', async () => {
    const target = daemon();
    const request = place.request(await pinned(target));
    const { instance } = await target.launch(request);
    await target.kill(instance, 5000);
    await eventually(() => readFileSync(recordPath(instance), 'utf8').includes('"method"'), 'the death is on disk');
    editRecord(instance, { process: null, death: null, exit: null });
    const next = daemon();
    expect(await next.launch(request)).toMatchObject({ state: 'dead' });
    expect(processesWithNonce(instance)).toEqual([]);
    expect(await next.kill(instance, 5000)).toMatchObject({ method });
  });

  test('a crash between spawn and record: the process is found and adopted', async () => {
    const target = daemon();
    const request = place.request(await pinned(target, { command: ['sh', '-c', 'setsid sleep 300 & exec sleep 301'] }));
    const { instance, handle } = await target.launch(request);
    const { launcher } = JSON.parse(readFileSync(recordPath(instance), 'utf8')) as { launcher: { startTime: number } };
    editRecord(instance, { process: null, launcher: { ...launcher, startTime: launcher.startTime + 1 } });
    const next = daemon();
    expect(await next.launch(request)).toMatchObject({ state: 'running', handle });
    expect(await seen(next, instance)).toMatchObject({ state: 'running', handle });
  });

  test('a start that is killed on its way ends dead, wherever it was', async () => {
    const target = daemon();
    const request = place.request(await pinned(target));
    const start = target.launch(request);
    const intent = (): boolean => existsSync(recordPath(request.instance));
    await eventually(intent, 'the intent');
    await daemon().kill(request.instance, 5000);
    await start.catch(() => undefined);
    await eventually(() => processesWithNonce(request.instance).length === 0, 'nothing runs');
    await eventually(
      async () => ((await seen(target, request.instance))?.state ?? 'dead') === 'dead',
      'it is seen dead',
    );
  });

  test('a pid that was given to another process is not taken for ours, nor killed', async () => {
    const stranger = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
    const stat = readStat(stranger.pid as number);
    const { instance } = await launched(daemon(), ['sleep', '300']);
    process.kill(processesWithNonce(instance)[0]?.pid as number, 'SIGKILL');
    await eventually(() => processesWithNonce(instance).length === 0, 'the instance is gone');
    editRecord(instance, { process: { pid: stat?.pid, startTime: (stat?.startTime ?? 0) - 1 }, death: null });
    const next = daemon();
    expect(await seen(next, instance)).toMatchObject({ state: 'dead' });
    await next.kill(instance, 5000);
    expect(
      stranger.exitCode === null &&
        stranger.signalCode === null &&
        isAlive({ pid: stranger.pid as number, startTime: stat?.startTime ?? 0 }),
    ).toBe(true);
    stranger.kill('SIGKILL');
  });

  test('after a reboot everything is dead, whoever has the pids now', async () => {
    const { instance } = await launched(daemon(), ['sleep', '300']);
    editRecord(instance, { boot: 'an-earlier-boot' });
    expect(await daemon().kill(instance, 0)).toMatchObject({ method: 'rebooted', weak: false });
    expect(await seen(daemon(), instance)).toMatchObject({ state: 'dead' });
  });

  test('a torn record is made again from the process, and one of nobody is put aside', async () => {
    const target = daemon();
    const { instance, handle, addresses } = await target.launch(
      place.request(await pinned(target, { ports: [{ containerPort: 8000, protocol: 'tcp' }] }), {
        slot: 'green',
        release: 9,
      }),
    );
    writeFileSync(recordPath(instance), '{"version":1,"inst');
    const nobody = freshInstance();
    writeFileSync(recordPath(nobody), '');
    writeFileSync(join(place.stateDir, 'instances', '.half.json.1.tmp'), '{');
    const next = daemon();
    expect(await seen(next, instance)).toMatchObject({
      state: 'running',
      handle,
      addresses,
      slot: 'green',
      release: 9,
    });
    expect(await seen(next, nobody)).toBeUndefined();
    await target.kill(instance, 5000);
  });

  test('an instance that never was is proven never to have started', async () => {
    expect(await daemon().kill(freshInstance(), 1000)).toMatchObject({ method: 'never-started', weak: false });
  });

  test('an instance whose record was lost is found by its nonce', async () => {
    const target = daemon();
    const { instance } = await launched(target, ['sleep', '300']);
    await target.kill(instance, 5000);
    await target.forget(instance);
    const stray = spawn('sleep', ['300'], { env: { BATON_INSTANCE: instance }, stdio: 'ignore' });
    await eventually(() => processesWithNonce(instance).length === 1, 'the stray');
    expect(await target.kill(instance, 5000)).toMatchObject({ method: 'no-process-with-nonce', weak: true });
    expect(stray.pid === undefined ? [] : processesWithNonce(instance)).toEqual([]);
  });

  test('a wrong command is named with its service and place, and leaves nothing behind', async () => {
    const target = daemon();
    const request = place.request(
      await pinned(target, { command: ['no-such-program'], ports: [{ containerPort: 1, protocol: 'tcp' }] }),
    );
    const error = await target.launch(request).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(BatonError);
    expect(error).toMatchObject({ code: 'command-not-found', fault: 'user' });
    expect((error as BatonError).message).toMatch(/"bot".*"no-such-program".*artefacts/);
    expect(await seen(target, request.instance)).toBeUndefined();
    expect(readdirSync(place.leases)).toEqual([]);
  });

  test("exec runs with the instance's environment and folder, bounded in time and output", async () => {
    const target = daemon();
    place.write('bot/here.txt', 'x');
    const { instance } = await launched(target, ['sleep', '300']);
    expect(await target.exec(instance, ['sh', '-c', 'ls; echo "$BATON_SECRET" "$0"; exit 4', 'a b'], 5000)).toEqual({
      code: 4,
      stdout: 'here.txt\nonly-we-know a b\n',
      stderr: '',
    });
    const flood = await target.exec(instance, ['sh', '-c', 'head -c 3000000 /dev/zero; echo no >&2'], 5000);
    expect([flood.stdout.length, flood.stderr]).toEqual([2 ** 20, 'no\n']);
    await expect(target.exec(instance, ['sh', '-c', 'sleep 300 & wait'], 100)).rejects.toMatchObject({
      code: 'exec-timeout',
    });
    await expect(target.exec(instance, ['no-such'], 100)).rejects.toMatchObject({ code: 'command-not-found' });
    await target.kill(instance, 5000);
    expect(processesWithNonce(instance)).toEqual([]);
    await expect(target.exec(instance, ['true'], 100)).rejects.toMatchObject({ code: 'instance-not-running' });
  });

  test('memory and time are measured over all processes, and unknown when nothing runs', async () => {
    const target = daemon();
    const { instance } = await launched(target, [
      'sh',
      '-c',
      'i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; echo up; sleep 300',
    ]);
    await output(target, instance, 1);
    const sample = await target.sample(instance);
    expect(sample.known && sample.value.memoryBytes).toBeGreaterThan(50_000);
    expect(sample.known && sample.value.cpuMs).toBeGreaterThan(0);
    await target.kill(instance, 5000);
    expect(await target.sample(instance)).toMatchObject({ known: false });
  });

  test('both streams are told apart, the newest lines are kept', async () => {
    const target = daemon();
    const { instance } = await launched(target, ['sh', '-c', 'echo one; echo two >&2; echo three; exec sleep 300']);
    await output(target, instance, 3);
    const lines = await target.logs(instance, 0, 10);
    expect(lines.filter((line) => line.stream === 'stderr').map((line) => line.text)).toEqual(['two']);
    expect(lines.filter((line) => line.stream === 'stdout').map((line) => line.text)).toEqual(['one', 'three']);
    expect(await target.logs(instance, 0, 1)).toHaveLength(1);
    expect(await target.logs(instance, Date.now() + 60_000, 10)).toEqual([]);
  });

  test('only the dead are forgotten, and their ports are free again', async () => {
    const target = daemon();
    const { instance } = await target.launch(
      place.request(await pinned(target, { ports: [{ containerPort: 1, protocol: 'tcp' }] })),
    );
    await expect(target.forget(instance)).rejects.toMatchObject({ code: 'instance-alive' });
    await target.signal(instance, 'KILL');
    await eventually(async () => (await seen(target, instance))?.state === 'dead', 'the end is seen');
    await target.forget(instance);
    expect(await seen(target, instance)).toBeUndefined();
    expect(readdirSync(place.leases)).toEqual([]);
    expect(readdirSync(join(place.stateDir, 'instances'))).toEqual([]);
  });

  test('ten instances are observed in a few milliseconds', async () => {
    const target = daemon();
    const service = await pinned(target);
    for (let count = 0; count < 10; count += 1) await target.launch(place.request(service));
    const times: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      const begin = performance.now();
      await target.observe(scope);
      times.push(performance.now() - begin);
    }
    expect(Math.min(...times)).toBeLessThan(2);
  });
});

const FREEZER = '/sys/fs/cgroup/freezer';
/** A process frozen by the version 1 freezer is in state D: SIGKILL waits until it is thawed. */
const canFreeze = existsSync(join(FREEZER, 'cgroup.procs')) && spawnSync('test', ['-w', FREEZER]).status === 0;

test.skipIf(!canFreeze)('a process that cannot be killed is never called dead', async () => {
  const target = processTarget({ stateDir: place.stateDir, portLeaseDir: place.leases, clock, killTimeoutMs: 100 });
  const service = place.service();
  const { instance, handle } = await target.launch(place.request(await target.pin(place.app(service), service)));
  const group = join(FREEZER, `target-process-${process.pid}`);
  mkdirSync(group);
  try {
    writeFileSync(join(group, 'cgroup.procs'), handle.split(':')[0] as string);
    writeFileSync(join(group, 'freezer.state'), 'FROZEN');
    await expect(target.kill(instance, 100)).rejects.toMatchObject({ code: 'death-unconfirmed' });
    await expect(target.stop(instance, 50)).rejects.toMatchObject({ code: 'death-unconfirmed' });
    expect(await seen(target, instance)).toMatchObject({ state: 'running' });
  } finally {
    writeFileSync(join(group, 'freezer.state'), 'THAWED');
    await target.kill(instance, 5000);
    await eventually(() => readFileSync(join(group, 'cgroup.procs'), 'utf8') === '', 'the freezer is empty');
    rmdirSync(group);
  }
});

test('preflight names what is missing, service by service', async () => {
  const target = processTarget({
    stateDir: place.stateDir,
    portLeaseDir: place.leases,
    clock,
    minFreeBytes: Number.MAX_SAFE_INTEGER,
  });
  const { command: _, ...imageOnly } = place.service({ name: 'cache', image: 'redis' });
  const app = place.app(place.service(), place.service({ name: 'typo', command: ['nod'] }), imageOnly);
  const findings = await target.preflight(app);
  expect(findings.filter((finding) => !finding.ok).map((finding) => finding.subject)).toEqual([
    'disk',
    'service typo',
    'service cache',
  ]);
  for (const finding of findings) if (!finding.ok) expect(finding.hint).toBeTruthy();
});

test('pids are read from handles as the port describes them', async () => {
  const target = processTarget({ stateDir: place.stateDir, portLeaseDir: place.leases, clock });
  const service = place.service();
  const observation = await target.launch(place.request(await target.pin(place.app(service), service)));
  expect(processesWithNonce(observation.instance).map(({ pid }) => pid)).toEqual([pidOf(observation)]);
});
