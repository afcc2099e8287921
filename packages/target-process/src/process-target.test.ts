import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BatonError } from '@baton/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isAlive, processesWithNonce } from './proc/index.ts';
import { Driver, seen, ways } from './testing/driver.ts';
import { eventually, Place, scope } from './testing/place.ts';

let place: Place;
let driver: Driver;

describe.each(ways)('with cgroups $cgroups', ({ cgroups, method, weak }) => {
  beforeEach(() => {
    place = new Place();
    driver = new Driver(place, cgroups);
  });
  afterEach(() => place.remove());

  test("arguments arrive unharmed and the environment is the contract, without the daemon's own", async () => {
    process.env.DAEMON_SECRET = 'leak';
    const target = driver.daemon();
    const odd = ['a b', '$HOME', '"quoted"', "it's", 'ünï→', '', '*', '-n', 'line\nbreak'];
    const script =
      'process.stdout.write(JSON.stringify({args: process.argv.slice(2), env: process.env, cwd: process.cwd()}) + "\\n"); setInterval(() => {}, 1000)';
    place.write('bot/show.js', script);
    const service = await driver.pinned(target, {
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
    const [line] = await driver.output(target, instance, 1);
    const shown = JSON.parse(line ?? '') as { args: string[]; env: Record<string, string>; cwd: string };
    delete process.env.DAEMON_SECRET;
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
    expect(shown.env.DAEMON_SECRET).toBeUndefined();
    expect(existsSync(shown.env.BATON_DATA_DIR ?? '')).toBe(true);
  });

  test('asked twice, at once or later, it starts once', async () => {
    const target = driver.daemon();
    const request = place.request(await driver.pinned(target));
    const [first, second] = await Promise.all([target.launch(request), target.launch(request)]);
    expect(second.handle).toBe(first.handle);
    expect((await target.launch(request)).handle).toBe(first.handle);
    expect((await driver.daemon().launch(request)).handle).toBe(first.handle);
    expect(processesWithNonce(request.instance)).toHaveLength(1);
  });

  test('how it ended is told with the first look that sees it dead, however soon that comes', async () => {
    const target = driver.daemon();
    const { instance } = await driver.launched(target, ['sh', '-c', 'sleep 0.2; exit 3']);
    const [main] = processesWithNonce(instance);
    // The event loop stands still meanwhile: the kernel knows of the end before the exit event has come.
    expect(main).toBeDefined();
    while (main !== undefined && isAlive(main)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    expect(await seen(target, instance)).toMatchObject({ state: 'dead', exit: { code: 3, signal: null } });
  });

  test('a kill that asks only that nothing can act is soon followed by nothing being left', async () => {
    const target = driver.daemon();
    const { instance } = await driver.launched(target, [process.execPath, '-e', 'setInterval(() => {}, 1e6)']);
    const [child] = processesWithNonce(instance);
    const proof = await target.kill(instance, 5000, 'cannot-act');
    expect(proof).toMatchObject({ instance, method: expect.stringMatching(/^cgroup-(?:empty|exiting)$|nonce/), weak });
    expect(await seen(target, instance)).toMatchObject({ state: 'dead' });
    await eventually(() => child !== undefined && !isAlive(child), 'its memory is given back');
  });

  test('a kill ends a tree that left its group, session and parent', async () => {
    const target = driver.daemon();
    const leave = 'setsid sh -c "setsid sleep 301 & sleep 302" & echo up; exec sleep 300';
    const { instance } = await driver.launched(target, ['sh', '-c', leave]);
    await eventually(() => processesWithNonce(instance).length >= 4, 'the whole tree');
    const tree = processesWithNonce(instance);
    const proof = await target.kill(instance, 5000);
    expect(proof).toMatchObject({ instance, method: expect.stringMatching(method), weak });
    expect(tree.filter(isAlive)).toEqual([]);
    expect(await target.kill(instance, 0)).toEqual(proof);
    expect(await seen(target, instance)).toMatchObject({ state: 'dead' });
  });

  test('children born while they are killed do not get away', async () => {
    const target = driver.daemon();
    const { instance } = await driver.launched(target, ['sh', '-c', 'while :; do setsid sleep 1 & sleep 0.01; done']);
    await eventually(() => processesWithNonce(instance).length >= 5, 'some children');
    await target.kill(instance, 5000);
    expect(processesWithNonce(instance)).toEqual([]);
  });

  test('a stop asks the main process first, and its children; a clean exit is told with its code', async () => {
    const target = driver.daemon();
    const program = 'trap "echo asked; exit 7" TERM; echo up; while :; do sleep 0.02; done';
    const { instance } = await driver.launched(target, ['sh', '-c', program]);
    await driver.output(target, instance, 1);
    await target.stop(instance, 5000);
    expect(await driver.output(target, instance, 2)).toEqual(expect.arrayContaining(['up', 'asked']));
    await eventually(async () => (await seen(target, instance))?.exit !== undefined, 'the exit is known');
    expect(await seen(target, instance)).toMatchObject({ state: 'dead', exit: { code: 7, signal: null } });
  });

  test('a program that ignores the stop signal is killed after the grace', async () => {
    const target = driver.daemon();
    const { instance } = await driver.launched(target, [
      'sh',
      '-c',
      'trap "" TERM; echo up; while :; do sleep 0.05; done',
    ]);
    await driver.output(target, instance, 1);
    const begin = performance.now();
    expect(await target.stop(instance, 100)).toMatchObject({ method: expect.stringMatching(method) });
    expect(performance.now() - begin).toBeGreaterThanOrEqual(100);
    expect(processesWithNonce(instance)).toEqual([]);
  });

  test('what outlives its main process is ended, as in a container', async () => {
    const target = driver.daemon();
    const { instance } = await driver.launched(target, ['sh', '-c', 'setsid sleep 300 & exit 3']);
    await eventually(async () => (await seen(target, instance))?.state === 'dead', 'the end is seen');
    expect(processesWithNonce(instance)).toEqual([]);
    await eventually(async () => (await seen(target, instance))?.exit?.code === 3, 'the exit code');
  });

  test('a wrong command is named with its service and place, and leaves nothing behind', async () => {
    const target = driver.daemon();
    const request = place.request(
      await driver.pinned(target, { command: ['no-such-program'], ports: [{ containerPort: 1, protocol: 'tcp' }] }),
    );
    const error = await target.launch(request).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(BatonError);
    expect(error).toMatchObject({ code: 'command-not-found', fault: 'user' });
    expect((error as BatonError).message).toMatch(/"bot".*"no-such-program".*artefacts/);
    expect(await seen(target, request.instance)).toBeUndefined();
    expect(readdirSync(place.leases)).toEqual([]);
  });

  test("exec runs with the instance's environment and folder, bounded in time and output", async () => {
    const target = driver.daemon();
    place.write('bot/here.txt', 'x');
    const { instance } = await driver.launched(target, ['sleep', '300']);
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
    const target = driver.daemon();
    const { instance } = await driver.launched(target, [
      'sh',
      '-c',
      'i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; echo up; sleep 300',
    ]);
    await driver.output(target, instance, 1);
    const sample = await target.sample(instance);
    expect(sample.known && sample.value.memoryBytes).toBeGreaterThan(50_000);
    expect(sample.known && sample.value.cpuMs).toBeGreaterThan(0);
    await target.kill(instance, 5000);
    expect(await target.sample(instance)).toMatchObject({ known: false });
  });

  test('both streams are told apart, the newest lines are kept', async () => {
    const target = driver.daemon();
    const { instance } = await driver.launched(target, [
      'sh',
      '-c',
      'echo one; echo two >&2; echo three; exec sleep 300',
    ]);
    await driver.output(target, instance, 3);
    const lines = await target.logs(instance, 0, 10);
    expect(lines.filter((line) => line.stream === 'stderr').map((line) => line.text)).toEqual(['two']);
    expect(lines.filter((line) => line.stream === 'stdout').map((line) => line.text)).toEqual(['one', 'three']);
    expect(await target.logs(instance, 0, 1)).toHaveLength(1);
    expect(await target.logs(instance, Date.now() + 60_000, 10)).toEqual([]);
  });

  test('only the dead are forgotten, and their ports are free again', async () => {
    const target = driver.daemon();
    const { instance } = await target.launch(
      place.request(await driver.pinned(target, { ports: [{ containerPort: 1, protocol: 'tcp' }] })),
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
    const target = driver.daemon();
    const service = await driver.pinned(target);
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
