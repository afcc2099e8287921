import { type App, BatonError, type PinnedService, type Release, type Target } from '@baton/core';

export interface ReleaseRequest {
  readonly app: App;
  readonly number: number;
  /** Only these services are new; the others are what is live. */
  readonly services: readonly string[] | undefined;
  readonly live: Readonly<Record<string, PinnedService>>;
  readonly tag: string | null;
  readonly gitCommit: string | null;
  readonly by: string;
  readonly at: number;
}

const unknownService = (app: App, names: readonly string[]): BatonError | undefined => {
  const missing = names.find((name) => !app.services.some((spec) => spec.name === name));
  if (missing === undefined) return undefined;
  const declared = app.services.map((spec) => spec.name).join(', ');
  return new BatonError('unknown-service', `There is no service "${missing}" in ${app.name}.`, {
    fault: 'user',
    hint: `Declared are: ${declared}.`,
  });
};

/** Pins what each service runs. A copy, not a pointer: the tree may change the moment this returns. */
export const makeRelease = async (target: Target, request: ReleaseRequest): Promise<Release> => {
  const { app, services: selected } = request;
  const problem = unknownService(app, selected ?? []);
  if (problem !== undefined) throw problem;
  const services: Record<string, PinnedService> = {};
  for (const spec of app.services) {
    const kept = request.live[spec.name];
    const isSelected = selected === undefined || selected.includes(spec.name);
    // Of a first deployment of one service alone, the others are no part yet.
    if (!isSelected && kept === undefined) continue;
    services[spec.name] = isSelected || kept === undefined ? await target.pin(app, spec) : kept;
  }
  return {
    number: request.number,
    app,
    services,
    tag: request.tag,
    gitCommit: request.gitCommit,
    createdAt: request.at,
    createdBy: request.by,
  };
};
