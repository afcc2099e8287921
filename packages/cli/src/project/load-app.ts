import type { App } from '@baton/core';
import type { CliContext } from '../context.ts';
import type { Place } from './place.ts';

/**
 * The whole configuration, read and checked.
 * @throws BatonError `config-invalid` with every fault and its place
 */
export const loadAppOf = async (context: CliContext, place: Place, verb: string): Promise<App> => {
  const { loadApp } = await import('@baton/config');
  return loadApp({
    file: place.declared.file,
    environment: place.environment,
    env: context.env,
    command: `baton ${verb}`,
  });
};
