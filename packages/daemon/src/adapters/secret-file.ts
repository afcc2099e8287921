import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type App, BatonError } from '@baton/core';

type Values = NonNullable<App['secretValues']>;

const folder = (stateDir: string): string => join(stateDir, 'secrets');
const fileOf = (stateDir: string, scope: string): string => join(folder(stateDir), `${scope.replace('/', '@')}.json`);

const read = (file: string): Values => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Values;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new BatonError('secrets-unreadable', `The secrets in ${file} cannot be read.`, {
      hint: 'Remove the file and deploy again: the values come from the shell of whoever deploys.',
    });
  }
};

/**
 * Keeps the values for every start to come, in a file that only its owner may read. Values of other names stay:
 * an older release that is gone back to needs its own.
 */
export const writeSecretValues = (stateDir: string, scope: string, values: Values): void => {
  mkdirSync(folder(stateDir), { recursive: true, mode: 0o700 });
  const file = fileOf(stateDir, scope);
  const merged: Record<string, Readonly<Record<string, string>>> = { ...read(file) };
  for (const [service, own] of Object.entries(values)) merged[service] = { ...merged[service], ...own };
  const fresh = `${file}.new`;
  const handle = openSync(fresh, 'w', 0o600);
  try {
    chmodSync(fresh, 0o600);
    writeSync(handle, JSON.stringify(merged));
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(fresh, file);
};

/**
 * The values of these names for one service.
 * @throws BatonError `secret-missing`, `secrets-unreadable`
 */
export const readSecretValues = (
  stateDir: string,
  scope: string,
  service: string,
  names: readonly string[],
): Readonly<Record<string, string>> => {
  if (names.length === 0) return {};
  const own = read(fileOf(stateDir, scope))[service] ?? {};
  const absent = names.find((name) => own[name] === undefined);
  if (absent !== undefined) {
    throw new BatonError(
      'secret-missing',
      `${service} is given the secret ${absent}, and this host has no value of it.`,
      {
        fault: 'user',
        hint: `Deploy again with ${absent} set in the shell or in .env.`,
      },
    );
  }
  return Object.fromEntries(names.map((name) => [name, own[name] ?? '']));
};
