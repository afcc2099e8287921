import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { BatonError, type ServiceSpec } from '@baton/core';

/** What a compose service runs: its entrypoint, then its command. */
export const commandOf = (service: ServiceSpec): readonly string[] => [
  ...(service.entrypoint ?? []),
  ...(service.command ?? []),
];

/** Where the program of a command is found, as execvp(3) would; undefined where it is not. */
export const findExecutable = (program: string, cwd: string, path: string): string | undefined => {
  const candidates = program.includes('/')
    ? [resolve(cwd, program)]
    : path.split(delimiter).map((folder) => join(folder === '' ? cwd : folder, program));
  return candidates.find((candidate) => {
    try {
      accessSync(candidate, constants.X_OK);
      return statSync(candidate).isFile();
    } catch {
      return false;
    }
  });
};

/**
 * The command of a service with its program resolved, so that a wrong one is a clear error before
 * anything was started.
 * @throws BatonError `command-missing`, `command-not-found`
 */
export const resolveCommand = (service: ServiceSpec, cwd: string, path: string): readonly string[] => {
  const [program, ...rest] = commandOf(service);
  if (program === undefined) {
    throw new BatonError('command-missing', `Service "${service.name}" has no command to run`, {
      fault: 'user',
      hint: 'Give it a "command:" in the compose file; the process target does not read images.',
    });
  }
  const found = findExecutable(program, cwd, path);
  if (found !== undefined) return [found, ...rest];
  throw new BatonError(
    'command-not-found',
    `Service "${service.name}": the command "${program}" is not there or may not be executed (looked from ${cwd})`,
    {
      fault: 'user',
      hint: isAbsolute(program)
        ? 'Check the path; on the process target it is a path of this machine, not of an image.'
        : 'Install the program, put it into PATH, or correct "command:" in the compose file.',
    },
  );
};

/** The directory a service runs in. An absolute `working_dir` names a place in an image and does not count here. */
export const runFolder = (service: ServiceSpec, cwd: string): string =>
  service.workingDir === undefined || isAbsolute(service.workingDir) ? cwd : join(cwd, service.workingDir);
