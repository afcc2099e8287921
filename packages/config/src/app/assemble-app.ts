import { basename, dirname } from 'node:path';
import type { App, ServiceSpec } from '@baton/core';
import { invariant } from '@baton/core/errors';
import type { BatonFile } from '../baton/index.ts';
import { type ComposeProject, readCompose, type Workspace } from '../compose/index.ts';
import type { Lookup, Problems } from '../source/index.ts';
import { nearestName } from '../values/index.ts';
import { buildEnvironment } from './build-environment.ts';
import { buildFlags, buildImages, buildMigrations, buildNames, buildPolicy } from './build-policy.ts';
import { buildService } from './build-service.ts';
import { checkAddresses } from './check-addresses.ts';
import { checkServiceNames } from './check-service-names.ts';
import { checkSupport } from './check-support.ts';
import { type Draft, type ServiceDraft, serviceDraft } from './draft.ts';
import { orderServices } from './order-services.ts';
import { readOverrides } from './overrides.ts';
import { takeSecrets } from './take-secrets.ts';

export interface Assembly {
  readonly root: string;
  readonly file: BatonFile;
  readonly lookup: Lookup;
  readonly composePaths: readonly string[];
  readonly workspace: Workspace;
  readonly environmentName: string;
  readonly problems: Problems;
}

/** Puts the two files together for one environment. What is wrong is in `problems`; the app is good only without any. */
export function assembleApp(assembly: Assembly): App {
  const { root, file, lookup, composePaths, workspace, environmentName, problems } = assembly;
  const overrides = readOverrides(lookup, problems);
  const environment = file.environments.get(environmentName);
  const profiles = [...(environment?.profiles ?? []), ...(lookup('COMPOSE_PROFILES') ?? '').split(',').filter(Boolean)];
  const askedAt = file.source.place(['compose']);
  const project = readCompose({ paths: composePaths, askedAt, lookup, profiles }, workspace);
  checkServiceNames(file, project, problems);
  // Without a readable environment nothing can be said of the services in it.
  if (environment === undefined) throw problems.toError();
  const show = (path: string): string => workspace.show(path);
  const flags = buildFlags({ file, problems, environment });
  const draft: Draft = { root, file, project, problems, environmentName, environment, overrides, flags, lookup, show };
  const drafts = draftsOf(draft);
  const draftNamed = (name: string): ServiceDraft => {
    const found = drafts.get(name);
    invariant(found !== undefined, `the service "${name}" was built from a draft`);
    return found;
  };
  const built = [...drafts.values()].map((service) => buildService(draft, service));
  const services = orderServices(built, (name) => draftNamed(name).inCompose('depends_on'), problems);
  checkAccounts(services, draftNamed, problems);
  const spec = buildEnvironment(draft);
  checkAddresses(draft, services, draftNamed, spec.listen);
  checkSupport(draft);
  const { services: named, values } = takeSecrets(draft, services);
  const migrations = buildMigrations(draft);
  const policy = buildPolicy(draft);
  return {
    name: file.top.app ?? '',
    root,
    environment: spec,
    environments: file.environmentNames,
    services: named,
    flags: flags.flags,
    retiredFlags: flags.retired,
    secrets: file.top.secrets ?? {},
    ...(values === undefined ? {} : { secretValues: values }),
    policy,
    names: buildNames(draft),
    images: buildImages(draft),
    ...(migrations === undefined ? {} : { migrations }),
    compose: { project: projectName(draft, composePaths), ...project.declared },
    logLevel: overrides.logLevel ?? file.top.logLevel ?? 'info',
    warnings: problems.warnings,
  };
}

/** The account keys the baton: of two that trade one, the second would wait for the first for ever. */
function checkAccounts(
  services: readonly ServiceSpec[],
  draftNamed: (name: string) => ServiceDraft,
  problems: Problems,
): void {
  const traders = new Map<string, string>();
  for (const { name, singleton } of services) {
    if (singleton?.account === undefined) continue;
    const other = traders.get(singleton.account);
    const message = `"${name}" and "${other}" both trade the account "${singleton.account}"; only one may act for an account, so give each its own`;
    if (other === undefined) traders.set(singleton.account, name);
    else problems.add(draftNamed(name).inBaton('account'), message);
  }
}

function draftsOf(draft: Draft): Map<string, ServiceDraft> {
  const out = new Map<string, ServiceDraft>();
  for (const [name, found] of draft.project.services) {
    const baton = draft.file.services.get(name);
    if (baton !== undefined && !found.inactive) out.set(name, serviceDraft(draft, found, baton));
  }
  return out;
}

/** As Docker Compose finds it, so that networks and volumes that are there already are found again. */
function projectName(
  { project, lookup }: { project: ComposeProject; lookup: Lookup },
  paths: readonly string[],
): string {
  const folder = basename(dirname(paths[0] ?? '/'));
  return lookup('COMPOSE_PROJECT_NAME') ?? project.name ?? nearestName(folder) ?? folder;
}
