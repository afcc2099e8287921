import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Child } from '../child.ts';
import { BenchContext } from '../context.ts';
import { keepCompiled } from './compiled.ts';
import { Deployment } from './deployment.ts';
import { ExampleApp } from './example-app.ts';
import { firstAnswer } from './first-answer.ts';
import { memoryOf } from './memory.ts';
import { probeApp } from './probe-app.ts';
import { processesBelow } from './processes-below.ts';
import { SmallApp } from './small-app.ts';

const VENUE = 'http://127.0.0.1:1';
const ACCEPTED = { scope: 'a/local', generation: 4, release: 3, kind: 'deploy', unchanged: false } as const;
const SERVER = `require('http').createServer((_, answer) => answer.end()).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('up'))`;

describe('the host of a section', () => {
  let context: BenchContext;
  beforeEach(() => {
    context = new BenchContext('process', new AbortController().signal, () => undefined);
  });
  afterEach(async () => await context.close());

  it('finds the processes that a folder started or was given to, and no other', async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'baton-bench-below-')));
    context.defer(() => rmSync(folder, { recursive: true, force: true }));
    const ticker = 'console.log("up"); setInterval(() => {}, 1000)';
    const inside = context.spawn(process.execPath, ['-e', ticker], { cwd: folder });
    const given = context.spawn(process.execPath, ['-e', ticker, '--', join(folder, 'state')]);
    const other = context.spawn(process.execPath, ['-e', ticker, '--', `${folder}-beside`]);
    await Promise.all([inside, given, other].map((child) => child.waitForLine(/up/)));
    const found = new Set(processesBelow(folder));
    expect(found).toEqual(new Set([inside.pid, given.pid]));
  });

  it('reads the memory of a process, of which its own share is a part', () => {
    const { residentBytes, proportionalBytes } = memoryOf(process.pid);
    expect(residentBytes).toBeGreaterThan(20_000_000);
    expect(proportionalBytes).toBeLessThanOrEqual(residentBytes);
  });

  it('asks a process for its first answer by itself, and knows when the kernel made it', async () => {
    const port = await context.freePort();
    const child: Child = context.spawn(process.execPath, ['-e', SERVER], { env: { PORT: String(port) } });
    const { spawnedMs, answeredMs } = await firstAnswer(`${child.pid}:0:boot`);
    expect(answeredMs).toBeGreaterThan(spawnedMs);
    expect(answeredMs - spawnedMs).toBeLessThan(30_000);
  });

  it('has apps that are configured right', async () => {
    const small = await SmallApp.create(context, VENUE);
    expect(small.load().services.map(({ name }) => name)).toEqual(small.services);
    expect(small.load().environment.strategy.bakeMs).toBe(small.configuredWaitMs);
    expect(probeApp(context, 'warm', VENUE).services[0]?.singleton?.start).toBe('warm');
    expect(probeApp(context, 'cold', VENUE).services[0]?.singleton).toMatchObject({ start: 'cold', stop: 'signal' });
    const example = await ExampleApp.create(context, VENUE, { bake: '2s', drain: '1s' });
    const app = await example.at('bad-exits', '2');
    expect(app.environment.strategy).toMatchObject({ bakeMs: 2_000, drainMs: 1_000 });
    expect(example.base).toBe(`http://${app.environment.listen[0]}`);
    expect(readFileSync(join(example.folder, 'src/bot/main.ts'), 'utf8')).toContain('process.exit(1)');
  });

  it('refuses a compose file in which it finds no place for its variable', () => {
    const file = join(context.dir, 'compose.yaml');
    writeFileSync(file, 'services: {}\n');
    expect(() => keepCompiled(context, file)).toThrow('has no ACCOUNT');
  });
});

describe('a deployment that was followed', () => {
  const failed = { step: 'launch', message: 'no such program' };

  it('is 5 where a person was asked, and says the question', () => {
    const question = { id: 'q', text: 'Who trades?', answers: [] };
    const asked = new Deployment(ACCEPTED, [{ kind: 'asked', at: 1, question }], 10);
    expect([asked.exitCode, asked.summary]).toEqual([5, 'Who trades?']);
  });

  it('tells what went wrong on its way where it should have succeeded', () => {
    const end = {
      kind: 'end',
      at: 2,
      outcome: 'rolled-back',
      exitCode: 3,
      summary: 'went back',
      release: 3,
      generation: 4,
    };
    const lines = [{ kind: 'journal', at: 1, type: 'step.failed', payload: failed }, end] as never;
    const back = new Deployment(ACCEPTED, lines, 10);
    expect(() => back.mustSucceed()).toThrow('generation 4 ended: went back; launch: no such program');
    expect(back.entries('step.failed')).toEqual([failed]);
  });
});
