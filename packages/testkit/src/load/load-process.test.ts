import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SampleService } from './fixture/sample-service.ts';
import { LoadProcess } from './load-process.ts';
import type { LoadPlanInput } from './plan.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

describe('a load generator in its own process', () => {
  let service: SampleService;
  let plan: LoadPlanInput;
  beforeEach(async () => {
    service = new SampleService();
    await service.start();
    plan = { base: service.base, pace: { kind: 'closed', concurrency: 2 }, slowMs: [1, 5], graceMs: 1_000 };
  });
  afterEach(() => service.stop());

  it('starts, reports on the way, hears notes, and stops with its report', async () => {
    const load = await LoadProcess.start({ ...plan, mix: { get: 1 } });
    await vi.waitFor(async () => expect((await load.report()).ok).toBeGreaterThan(5), { timeout: 5_000 });
    await load.expectRelease('2');
    await vi.waitFor(async () => expect((await load.report()).wrong).toBeGreaterThan(0), { timeout: 5_000 });
    service.faults.add('truncated');
    load.noteDied('a1');
    await vi.waitFor(async () => expect((await load.report()).byFault.application).toBeGreaterThan(0), {
      timeout: 5_000,
    });
    const report = await load.stop();
    expect(report.samples[0]?.detail).toBe('answered by release 1 when only 2 was live');
    expect(await load.stop()).toEqual(report);
  });

  it('keeps its report where its duration ended it', async () => {
    const load = await LoadProcess.start({ ...plan, durationMs: 100 });
    expect(await load.stop()).toMatchObject({ failed: 0, wrong: 0, inFlight: 0 });
  });

  it('refuses a plan that cannot be used', async () => {
    await expect(LoadProcess.start({ ...plan, base: 'nowhere' })).rejects.toMatchObject({ code: 'load-plan-invalid' });
  });

  it('says when its process has died', async () => {
    const load = await LoadProcess.start(plan);
    load.kill();
    await expect(load.stop()).rejects.toMatchObject({ code: 'load-process-failed' });
  });

  it('ends when its input ends, so that it never outlives its caller', async () => {
    const child = spawn(process.execPath, [MAIN, '--plan', JSON.stringify(plan)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.stdin.end();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('names what is wrong with its command line, in one line', async () => {
    const child = spawn(process.execPath, [MAIN, '--plan', '{oops'], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    expect(await once(child, 'close')).toEqual([2, null]);
    expect(JSON.parse(text)).toMatchObject({ event: 'refused', code: 'usage' });
  });
});
