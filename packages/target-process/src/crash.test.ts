import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isAlive, processesWithNonce, readStat } from './proc/index.ts';
import { Driver, seen, ways } from './testing/driver.ts';
import { eventually, freshInstance, Place } from './testing/place.ts';

let place: Place;
let driver: Driver;

describe.each(ways)('with cgroups $cgroups', ({ cgroups, method }) => {
  beforeEach(() => {
    place = new Place();
    driver = new Driver(place, cgroups);
  });
  afterEach(() => place.remove());

  test('another daemon finds what runs, and ends it', async () => {
    const { instance, handle } = await driver.launched(driver.daemon(), ['sleep', '300']);
    const next = driver.daemon();
    expect(await seen(next, instance)).toMatchObject({ state: 'running', handle, service: 'bot', release: 1 });
    expect(await next.kill(instance, 5000)).toMatchObject({ handle, method: expect.stringMatching(method) });
  });

  test('a crash before the spawn: the nonce is dead and is never started again', async () => {
    const target = driver.daemon();
    const request = place.request(await driver.pinned(target));
    const { instance } = await target.launch(request);
    await target.kill(instance, 5000);
    await eventually(
      () => readFileSync(driver.recordPath(instance), 'utf8').includes('"method"'),
      'the death is on disk',
    );
    driver.editRecord(instance, { process: null, death: null, exit: null });
    const next = driver.daemon();
    expect(await next.launch(request)).toMatchObject({ state: 'dead' });
    expect(processesWithNonce(instance)).toEqual([]);
    expect(await next.kill(instance, 5000)).toMatchObject({ method: expect.stringMatching(method) });
  });

  test('a crash between spawn and record: the process is found and adopted', async () => {
    const target = driver.daemon();
    const request = place.request(
      await driver.pinned(target, { command: ['sh', '-c', 'setsid sleep 300 & exec sleep 301'] }),
    );
    const { instance, handle } = await target.launch(request);
    const { launcher } = JSON.parse(readFileSync(driver.recordPath(instance), 'utf8')) as {
      launcher: { startTime: number };
    };
    driver.editRecord(instance, { process: null, launcher: { ...launcher, startTime: launcher.startTime + 1 } });
    const next = driver.daemon();
    expect(await next.launch(request)).toMatchObject({ state: 'running', handle });
    expect(await seen(next, instance)).toMatchObject({ state: 'running', handle });
  });

  test('a start that is killed on its way ends dead, wherever it was', async () => {
    const target = driver.daemon();
    const request = place.request(await driver.pinned(target));
    const start = target.launch(request);
    const intent = (): boolean => existsSync(driver.recordPath(request.instance));
    await eventually(intent, 'the intent');
    await driver.daemon().kill(request.instance, 5000);
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
    const { instance } = await driver.launched(driver.daemon(), ['sleep', '300']);
    process.kill(processesWithNonce(instance)[0]?.pid as number, 'SIGKILL');
    await eventually(() => processesWithNonce(instance).length === 0, 'the instance is gone');
    driver.editRecord(instance, { process: { pid: stat?.pid, startTime: (stat?.startTime ?? 0) - 1 }, death: null });
    const next = driver.daemon();
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
    const { instance } = await driver.launched(driver.daemon(), ['sleep', '300']);
    driver.editRecord(instance, { boot: 'an-earlier-boot' });
    expect(await driver.daemon().kill(instance, 0)).toMatchObject({ method: 'rebooted', weak: false });
    expect(await seen(driver.daemon(), instance)).toMatchObject({ state: 'dead' });
  });

  test('a torn record is made again from the process, and one of nobody is put aside', async () => {
    const target = driver.daemon();
    const { instance, handle, addresses } = await target.launch(
      place.request(await driver.pinned(target, { ports: [{ containerPort: 8000, protocol: 'tcp' }] }), {
        slot: 'green',
        release: 9,
      }),
    );
    writeFileSync(driver.recordPath(instance), '{"version":1,"inst');
    const nobody = freshInstance();
    writeFileSync(driver.recordPath(nobody), '');
    writeFileSync(join(place.stateDir, 'instances', '.half.json.1.tmp'), '{');
    const next = driver.daemon();
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
    expect(await driver.daemon().kill(freshInstance(), 1000)).toMatchObject({ method: 'never-started', weak: false });
  });

  test('an instance that is proven never to have started is never started', async () => {
    const target = driver.daemon();
    const request = place.request(await driver.pinned(target, { command: ['sleep', '300'] }));
    // Another process sets out to start it, as a driver does that was paused there, and this one proves it dead.
    await target.kill(request.instance, 1000);
    expect(await driver.daemon().launch(request)).toMatchObject({ state: 'dead' });
    expect(processesWithNonce(request.instance)).toEqual([]);
    expect(await seen(target, request.instance)).toBeUndefined();
  });

  test('of a start and the proof that there was none, whichever is recorded first decides', async () => {
    const request = place.request(await driver.pinned(driver.daemon(), { command: ['sleep', '300'] }));
    const [observed] = await Promise.all([
      driver.daemon().launch(request),
      driver.daemon().kill(request.instance, 5000),
    ]);
    await eventually(() => processesWithNonce(request.instance).length === 0, 'nothing runs under the nonce');
    expect(['dead', 'running', 'starting']).toContain(observed.state);
    expect(await driver.daemon().kill(request.instance, 5000)).toMatchObject({ instance: request.instance });
  });

  test('an instance whose record was lost is found by its nonce', async () => {
    const target = driver.daemon();
    const { instance } = await driver.launched(target, ['sleep', '300']);
    await target.kill(instance, 5000);
    await target.forget(instance);
    const stray = spawn('sleep', ['300'], { env: { BATON_INSTANCE: instance }, stdio: 'ignore' });
    await eventually(() => processesWithNonce(instance).length === 1, 'the stray');
    expect(await target.kill(instance, 5000)).toMatchObject({ method: 'no-process-with-nonce', weak: true });
    expect(stray.pid === undefined ? [] : processesWithNonce(instance)).toEqual([]);
  });
});
