import { randomUUID } from 'node:crypto';
import { type Dirent, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type AcceptedReport, type PlanReport, paths } from '@baton/api';
import { loadApp } from '@baton/config';
import type { App, Weekday } from '@baton/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Refused } from './support/daemon-api.ts';
import { System } from './support/system.ts';

const DAY_MS = 86_400_000;
const DAYS: readonly Weekday[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** A window that is open for a minute, three days from now. */
const closedNow = (app: App): App => {
  const day = DAYS[new Date(Date.now() + 3 * DAY_MS).getUTCDay()] ?? 'mon';
  const windows = [{ days: [day], fromMinute: 600, toMinute: 601, timezone: 'UTC' }];
  return { ...app, policy: { calendars: [], limits: {}, notify: [], ...app.policy, windows } };
};

const filesUnder = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry: Dirent) => entry.isFile() && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name));

describe('what the configuration says is what happens', () => {
  let system: System;
  beforeAll(async () => {
    system = await System.start();
    await system.trading();
  });
  afterAll(() => system[Symbol.asyncDispose]());

  const loadWith = (env: Readonly<Record<string, string>>): App =>
    loadApp({ file: system.app.file, environment: 'local', env: { ...system.app.env, ...env } });
  const refusalOf = async (work: Promise<unknown>): Promise<Refused> => {
    const refused: unknown = await work.catch((error: unknown) => error);
    if (refused instanceof Refused) return refused;
    throw new Error('it was accepted');
  };
  const instances = async (): Promise<readonly string[]> =>
    (await system.api.status()).instances
      .filter((one) => one.live)
      .map((one) => one.instance)
      .toSorted();

  test('outside its window a deployment is blocked with 4 and the time of the next, and plan says so beforehand', async () => {
    const app = closedNow(system.app.load());
    const refused = await refusalOf(system.api.deploy(app));
    expect(refused).toMatchObject({ code: 'preflight-failed', exitCode: 4 });
    expect(refused.message).toMatch(/windows: no deployment may begin now; the next opens on .*10:00 UTC/);
    const plan = await system.api.post<PlanReport>(paths.plan, { app });
    expect(plan.findings).toContainEqual(expect.objectContaining({ ok: false, subject: 'windows' }));
  });

  test('deployments past the limit of the day, approvals and another target are blocked with 4', async () => {
    const app = system.app.load();
    const limits = { deploymentsPerDay: 1 };
    const full = { ...app, policy: { windows: [], calendars: [], notify: [], limits } };
    expect((await refusalOf(system.api.deploy(full))).message).toContain('1 of 1 within 24 hours');
    const approved = { ...app, environment: { ...app.environment, approvals: 1 } };
    expect(await refusalOf(system.api.deploy(approved))).toMatchObject({ exitCode: 4 });
    const elsewhere = { ...app, environment: { ...app.environment, target: 'docker' as const } };
    expect(await refusalOf(system.api.deploy(elsewhere))).toMatchObject({ code: 'target-unsupported', exitCode: 4 });
  });

  test('a checkpoint that the live release cannot read back needs --irreversible', async () => {
    const app = system.app.load();
    const services = app.services.map((spec) =>
      spec.singleton === undefined
        ? spec
        : {
            ...spec,
            singleton: {
              ...spec.singleton,
              checkpoint: { writes: 'two', reads: ['two', 'ai-trading-bot/1'], intervalMs: 5_000 },
            },
          },
    );
    const refused = await refusalOf(system.api.deploy({ ...app, services }));
    expect(refused).toMatchObject({ exitCode: 4 });
    expect(refused.message).toContain('checkpoint of bot: release 2 writes two, and release 1 reads ai-trading-bot/1');
    const plan = await system.api.post<PlanReport>(paths.plan, { app: { ...app, services }, irreversible: true });
    expect(plan.findings.every(({ ok }) => ok)).toBe(true);
  });

  test('a new threshold and a new route are applied, and nobody is moved', async () => {
    const before = await instances();
    system.app.change('baton.yaml', 'route: "/"', 'route: ["/", "/also"]');
    const app = loadWith({ HEALTH_CHECK_RETRIES: '7' });
    const plan = await system.api.post<PlanReport>(paths.plan, { app });
    expect(plan.services.find(({ service }) => service === 'dashboard')).toMatchObject({
      change: 'settings-changed',
      differences: ['routes: changed', 'health: changed'],
    });
    const end = await system.api.end((await system.api.deploy(app)).generation);
    expect(end).toMatchObject({ outcome: 'committed', release: 2 });
    expect(await instances()).toEqual(before);
    expect((await system.api.status()).routes.map(({ path }) => path)).toContain('/also');
    expect(await system.api.deploy(app)).toMatchObject({ unchanged: true, release: 2 });
    expect(await system.mustTrade()).toMatchObject({ release: 1 });
  });

  test('the dry run of a rollback answers with the plan, and opens nothing', async () => {
    const before = await system.api.status();
    const plan = await system.api.post<PlanReport>(system.api.at('rollback'), { dryRun: true, by: 'test' });
    expect(plan).toMatchObject({ release: 1, liveRelease: 2 });
    expect(plan.services.find(({ service }) => service === 'dashboard')).toMatchObject({ change: 'settings-changed' });
    expect(await system.api.status()).toMatchObject({ release: before.release, open: null, last: before.last });
  });

  test('MIGRATION_GRACE_PERIOD, ROLLBACK_TIMEOUT and DEPLOYMENT_LOG_LEVEL are the bake, the bound of the way back and what is logged', async () => {
    system.app.change('src/dashboard/wording.ts', /'.*'/, "'graced'");
    const app = loadWith({ MIGRATION_GRACE_PERIOD: '1.5', ROLLBACK_TIMEOUT: '77', DEPLOYMENT_LOG_LEVEL: 'DEBUG' });

    expect(readFileSync(system.daemon.log, 'utf8')).not.toContain('"level":"debug"');
    const { lines } = await system.api.end((await system.api.deploy(app)).generation);
    const told = (type: string) => lines.find((line) => line.kind === 'journal' && line.type === type);
    const opened = told('goal.opened');
    expect(opened).toMatchObject({ payload: { goal: { strategy: { bakeMs: 1_500, rollbackTimeoutMs: 77_000 } } } });
    const bake = lines.findLast((line) => line.kind === 'journal' && line.type === 'verdict');
    expect((bake?.at ?? 0) - (told('traffic.switched')?.at ?? 0)).toBeGreaterThanOrEqual(1_490);
    expect(readFileSync(system.daemon.log, 'utf8')).toMatch(/"level":"debug","message":"decided".*"step":"launch"/);
  });

  test('HEALTH_CHECK_RETRIES and HEALTH_CHECK_INTERVAL bound the gate of a release that never answers well', async () => {
    const before = await instances();
    system.app.change('src/dashboard/wording.ts', /'.*'/, "'never healthy'");
    system.app.change(
      'baton.yaml',
      'health: { http: 8000/health, successes: 2',
      'health: { http: 8000/nowhere, successes: 2',
    );
    const app = loadWith({ HEALTH_CHECK_RETRIES: '3', HEALTH_CHECK_INTERVAL: '0.2' });
    const end = await system.api.end((await system.api.deploy(app)).generation);
    // No start period, (3 + 2) attempts of 200 ms, and a second for the last.
    expect(end).toMatchObject({ outcome: 'rolled-back', summary: expect.stringContaining('within 2000 ms') as string });
    expect(await instances()).toEqual(before);
  });

  test('the value of a secret reaches the service that declares it, and is written nowhere but in its own file', async () => {
    const value = `value-${randomUUID()}`;
    system.app.change('baton.yaml', '8000/nowhere', '8000/health');
    system.app.change('baton.yaml', / {4}environment: \{ BLUEFIN_KEY.*\n/, '');
    const end = await system.api.end((await system.api.deploy(loadWith({ BLUEFIN_KEY: value }))).generation);
    expect(end.outcome, end.summary).toBe('committed');
    // A new value moves nobody; the next start has it.
    const body = { services: ['bot'], by: 'test' };
    const { generation } = await system.api.post<AcceptedReport>(system.api.at('restart'), body);
    expect(await system.api.end(generation)).toMatchObject({ outcome: 'committed' });
    const { handle } = await system.live('bot');
    expect(readFileSync(`/proc/${handle.split(':')[0]}/environ`, 'utf8')).toContain(`BLUEFIN_KEY=${value}`);
    const holding = filesUnder(system.dir).filter((file) => readFileSync(file).includes(value));
    expect(holding.map((file) => relative(system.stateDir, file))).toEqual(['secrets/ai-trading-bot@local.json']);
    await system.mustBeUnharmed();
  });
});
