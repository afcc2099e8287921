import { type AcceptedReport, type CleanupReport, type PlanReport, paths } from '@baton/api';
import {
  abortRequest,
  byRequest,
  cleanupRequest,
  deployRequest,
  emergencyRequest,
  planRequest,
  resolveRequest,
  restartRequest,
  rollbackRequest,
  stopRequest,
} from '@baton/api/requests';
import { type App, BatonError, type Scope } from '@baton/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { abort, promote, resolve } from '../commands/asking.ts';
import { cleanup } from '../commands/cleanup.ts';
import { deploy, deployFindings, rollback } from '../commands/deploying.ts';
import { arm, stopEverything } from '../commands/emergency.ts';
import { prepareDeploy, prepareRollback } from '../commands/preparing.ts';
import { restart, stop } from '../commands/restarting.ts';
import type { Environment } from '../environment/environment.ts';
import type { Host } from '../host.ts';
import { planReport } from '../reports/plan.ts';

const parse = <T extends z.ZodType>(schema: T, body: unknown): z.output<T> => {
  const parsed = schema.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new BatonError(
    'invalid-request',
    `${issue?.path.join('.') ?? 'request'}: ${issue?.message ?? 'not understood'}`,
    {
      fault: 'user',
      hint: 'Is the command line of the same version as the daemon?',
    },
  );
};

const scopeIn = (request: FastifyRequest): Scope => {
  const { app, name } = request.params as { readonly app: string; readonly name: string };
  return { app, environment: name };
};

/** The app as it was read, without the values of its secrets: nothing that is written may hold one. */
const appOf = (body: { readonly app: Record<string, unknown> }) => {
  const { secretValues = {}, ...app } = body.app as unknown as App;
  return { app: app satisfies App as App, secretValues };
};
const scopeOfApp = (app: App): Scope => ({ app: app.name, environment: app.environment.name });

/** Only an environment that was deployed to has something to do with these; a typing error makes none. */
const existing = async (host: Host, request: FastifyRequest): Promise<Environment> => {
  const scope = scopeIn(request);
  const known = await host.environments();
  const found = known.find((one) => one.scope.app === scope.app && one.scope.environment === scope.environment);
  if (found !== undefined) return found;
  throw new BatonError(
    'nothing-deployed',
    `Nothing was ever deployed to ${scope.app}/${scope.environment} on this host.`,
    {
      fault: 'user',
      hint: `Deploy first: "baton deploy ${scope.environment}".`,
    },
  );
};

/** Everything that changes something. */
export const actionRoutes = (server: FastifyInstance, host: Host): void => {
  server.post(paths.plan, async (request): Promise<PlanReport> => {
    const body = parse(planRequest, request.body);
    const { app } = appOf(body);
    const environment = await host.environment(scopeOfApp(app));
    const options = {
      app,
      services: body.services,
      tag: body.tag ?? null,
      gitCommit: body.gitCommit ?? null,
      force: body.force,
      irreversible: body.irreversible,
      restartUnchanged: body.restartUnchanged,
    };
    const findings = await deployFindings(environment, app);
    return planReport(await prepareDeploy(environment, options, 'plan'), findings);
  });
  server.post(paths.deploy, async (request): Promise<AcceptedReport> => {
    const body = parse(deployRequest, request.body);
    const { app, secretValues } = appOf(body);
    const environment = await host.environment(scopeOfApp(app));
    return await deploy(environment, {
      app,
      services: body.services,
      tag: body.tag ?? null,
      gitCommit: body.gitCommit ?? null,
      force: body.force,
      irreversible: body.irreversible,
      restartUnchanged: body.restartUnchanged,
      secretValues,
      by: body.by,
    });
  });
  const on = (
    path: (app: string, name: string) => string,
    act: (environment: Environment, body: unknown) => Promise<unknown>,
  ): void => {
    server.post(
      path(':app', ':name').replaceAll('%3A', ':'),
      async (request) => await act(await existing(host, request), request.body),
    );
  };
  on(paths.rollback, async (environment, sent) => {
    const { to, services, force, irreversible, dryRun, by } = parse(rollbackRequest, sent);
    const options = { to, services, force, irreversible };
    if (dryRun) return planReport(await prepareRollback(environment, options), []);
    return await rollback(environment, options, by);
  });
  on(paths.restart, async (environment, sent) => {
    const body = parse(restartRequest, sent);
    return await restart(environment, body.services, body.by);
  });
  on(paths.stop, async (environment, sent) => {
    const body = parse(stopRequest, sent);
    return await stop(environment, body.services, body.by);
  });
  on(paths.emergency, async (environment, sent) => {
    const body = parse(emergencyRequest, sent);
    const report = await stopEverything(host.stateDir, host.ports, environment.scope, body.by, body.reason);
    environment.wake();
    return report;
  });
  on(paths.arm, async (environment, sent) => {
    const { by } = parse(byRequest, sent);
    const cleared = await arm(host.stateDir, host.ports, environment.scope, by);
    environment.wake();
    return { cleared };
  });
  on(paths.promote, async (environment, sent) => ({
    generation: await promote(environment, parse(byRequest, sent).by),
  }));
  on(paths.abort, async (environment, sent) => {
    const body = parse(abortRequest, sent);
    return { generation: await abort(environment, body.by, body.reason) };
  });
  on(paths.resolve, async (environment, sent) => {
    const body = parse(resolveRequest, sent);
    return { generation: await resolve(environment, body.answer, body.question, body.by) };
  });
  on(paths.resume, async (environment) => {
    // The daemon resumes by itself; asking again only makes it look now.
    environment.wake();
    const { environment: record } = await environment.standing();
    return { generation: record.open?.generation ?? null };
  });
  on(paths.unlock, async (environment, sent) => {
    const { by } = parse(byRequest, sent);
    await environment.lock.steal(`unlocked by ${by}`);
    return { epoch: environment.lock.mandate.epoch };
  });
  on(
    paths.cleanup,
    async (environment, sent): Promise<CleanupReport> => await cleanup(environment, parse(cleanupRequest, sent).slot),
  );
};
