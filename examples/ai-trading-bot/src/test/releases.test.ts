import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyRelease, releaseNames } from '../../apply-release.ts';
import { type Launched, launch, spawnService } from './launch.ts';
import { VenueDouble } from './venue-double.ts';

let copy: string;
let venue: VenueDouble;
let env: Record<string, string>;
const running: Launched[] = [];

beforeEach(async () => {
  copy = await mkdtemp(join(tmpdir(), 'example-release-'));
  venue = new VenueDouble();
  const address = await venue.listen();
  env = { VENUE_URL: address, BATON_PEER_BLUEFIN_SERVICE: address, BATON_PEER_MCP_MEMORY: address, TICK_MS: '5' };
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((bot) => bot.kill()));
  await venue.close();
  await rm(copy, { recursive: true });
});

const startBot = async (): Promise<Launched> => {
  const bot = await launch(join(copy, 'src/bot'), env);
  running.push(bot);
  return bot;
};

describe('a working copy', () => {
  it('is the whole tree of the release that was applied last, and of no other', async () => {
    await applyRelease('bad-exits', copy, '4');
    expect(await readFile(join(copy, 'src/bot/main.ts'), 'utf8')).toContain('process.exit(1)');
    expect(await readFile(join(copy, 'src/bot/strategy.ts'), 'utf8')).toContain('patient');
    await writeFile(join(copy, 'src/bot/stray.ts'), '');
    await applyRelease('1', copy);
    expect(existsSync(join(copy, 'src/bot/stray.ts'))).toBe(false);
    expect(await readFile(join(copy, 'src/bot/strategy.ts'), 'utf8')).toContain("'momentum'");
    expect(existsSync(join(copy, 'baton.yaml'))).toBe(true);
  });

  it('cannot be made of a release that does not exist; the message names those that do', async () => {
    await expect(applyRelease('9', copy)).rejects.toThrow('there are 1, 2, 3, 4, bad-crash-loops');
  });

  it('moves only the services that the release touches', async () => {
    await applyRelease('2', copy);
    const adapter = await readFile(join(copy, 'src/bluefin-service/market-cache.ts'), 'utf8');
    await applyRelease('3', copy);
    expect(await readFile(join(copy, 'src/bluefin-service/market-cache.ts'), 'utf8')).toBe(adapter);
    await applyRelease('4', copy);
    expect(await readFile(join(copy, 'src/bluefin-service/market-cache.ts'), 'utf8')).not.toBe(adapter);
  });
});

describe('a good release', () => {
  it.each(['1', '2', '4'])('%s comes up in standby, trades once it may, and settles to flat', async (release) => {
    await applyRelease(release, copy);
    const bot = await startBot();
    await bot.command('activate', 5);
    let step = 0;
    await expect
      .poll(
        () => {
          step += 1;
          venue.price = 1_000 + step * 3;
          return venue.received.length;
        },
        { interval: 5, timeout: 5_000 },
      )
      .toBeGreaterThan(2);
    await bot.command('quiesce', 5);
    await bot.command('settle', 5, { policy: 'flatten', deadlineMs: 3_000 });
    expect((await bot.get('/lifecycle')).body).toMatchObject({ phase: 'settled' });
  });
});

describe('release 3', () => {
  it('is healthy until it is live, and then fails with errors in its log', async () => {
    await applyRelease('3', copy);
    const bot = await startBot();
    expect((await bot.get('/health')).status).toBe(200);
    expect((await bot.command('activate', 5)).status).toBe(200);
    await expect.poll(async () => (await bot.get('/health')).status).toBe(503);
    expect(bot.lines.filter((line) => line.startsWith('ERROR tick failed')).length).toBeGreaterThanOrEqual(3);
    expect(bot.child.exitCode).toBe(null);
  });
});

describe('a bad release', () => {
  const bad = (name: string) => applyRelease(name, copy);

  it('is one of those that are tested here', async () => {
    const names = (await releaseNames()).filter((name) => name.startsWith('bad-'));
    expect(names).toEqual(
      ['crash-loops', 'exits', 'fails-health', 'leaks-memory', 'logs-errors', 'never-listens', 'wrong-release'].map(
        (name) => `bad-${name}`,
      ),
    );
  });

  it('exits', async () => {
    await bad('bad-exits');
    await expect(startBot()).rejects.toThrow('ended with 1');
  });

  it('never listens', async () => {
    await bad('bad-never-listens');
    const child = spawnService(join(copy, 'src/bot'), env);
    const said = await new Promise((resolve) => child.stdout?.once('data', (part: Buffer) => resolve(part.toString())));
    expect(said).toBe('waiting for the model to load\n');
    child.kill('SIGKILL');
  });

  it('fails health', async () => {
    await bad('bad-fails-health');
    const bot = await startBot();
    expect((await bot.get('/health')).body).toEqual({ status: 'unhealthy', reason: 'the model could not be loaded' });
  });

  it('reports the wrong release', async () => {
    await bad('bad-wrong-release');
    const bot = await startBot();
    expect((await bot.get('/lifecycle')).body).toMatchObject({ release: 9999, phase: 'standby' });
    expect((await bot.get('/health')).status).toBe(200);
  });

  it('crashes after each start', async () => {
    await bad('bad-crash-loops');
    const bot = await startBot();
    const code = bot.child.exitCode ?? (await new Promise((resolve) => bot.child.once('exit', resolve)));
    expect(code).toBe(1);
  });

  it('leaks memory once it is live', async () => {
    await bad('bad-leaks-memory');
    const bot = await startBot();
    const rss = async () =>
      Number(/process_resident_memory_bytes (\d+)/.exec(await (await fetch(`${bot.base}/metrics`)).text())?.[1]);
    const before = await rss();
    await bot.command('activate', 5);
    await expect.poll(rss, { timeout: 5_000 }).toBeGreaterThan(before + 48 * 1024 * 1024);
  });

  it('logs errors once it is live, and not before', async () => {
    await bad('bad-logs-errors');
    const bot = await startBot();
    const errors = () => bot.lines.filter((line) => line.startsWith('ERROR')).length;
    expect(errors()).toBe(0);
    await bot.command('activate', 5);
    await expect.poll(errors).toBeGreaterThan(5);
    expect((await bot.get('/health')).status).toBe(200);
  });
});
