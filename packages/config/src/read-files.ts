import { dirname, resolve } from 'node:path';
import { BatonError } from '@baton/core/errors';
import { checkEnvironments } from './app/index.ts';
import { type BatonFile, readBaton } from './baton/index.ts';
import { type Workspace, workspaceAt } from './compose/index.ts';
import { exists, type Lookup, type Problems, readDotEnv, readText, YamlSource } from './source/index.ts';

/** baton.yaml, read, and what it takes to read the compose files. */
export interface ReadFiles {
  /** Folder of baton.yaml, absolute. */
  readonly root: string;
  readonly file: BatonFile;
  /** The shell's variables, then those of `.env` beside the first compose file. */
  readonly lookup: Lookup;
  /** Absolute, in order. */
  readonly composePaths: readonly string[];
  readonly workspace: Workspace;
}

/** In the order in which Docker Compose looks for them. */
const COMPOSE_NAMES = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];

/**
 * Reads baton.yaml and checks it by itself.
 * @throws BatonError `config-missing` where there is none, `config-invalid` where it is no YAML at all
 */
export function readFiles(
  options: { readonly file: string; readonly env: Readonly<Record<string, string | undefined>> },
  problems: Problems,
): ReadFiles {
  const path = resolve(options.file);
  const root = dirname(path);
  const workspace = workspaceAt(dirname(options.file), problems);
  const shown = workspace.show(path);
  if (!exists(path, 'any')) {
    throw new BatonError('config-missing', `There is no ${shown}`, {
      fault: 'user',
      hint: 'Run "baton init" to write one, from an existing compose file too, or name another with --file.',
    });
  }
  const text = readText(path, shown, undefined, problems);
  const source = text === undefined ? undefined : YamlSource.parse(shown, text, problems);
  if (source === undefined) throw problems.toError();
  const composePaths = composePathsOf(source, root, problems);
  const dotEnvPath = resolve(dirname(composePaths[0] ?? path), '.env');
  const dotEnv = readDotEnv(dotEnvPath, workspace.show(dotEnvPath), problems);
  const lookup: Lookup = (name) => options.env[name] ?? dotEnv[name];
  source.interpolate(lookup, problems);
  const file = readBaton(source, source.toValue(problems), problems);
  checkEnvironments(file, problems);
  return { root, file, lookup, composePaths, workspace };
}

function composePathsOf(source: YamlSource, root: string, problems: Problems): readonly string[] {
  const value = source.toValue(problems);
  const said: unknown = typeof value === 'object' && value !== null && 'compose' in value ? value.compose : undefined;
  const names = (Array.isArray(said) ? said : [said]).filter((name): name is string => typeof name === 'string');
  if (names.length > 0) return names.map((name) => resolve(root, name));
  const found = COMPOSE_NAMES.find((name) => exists(resolve(root, name), 'file'));
  if (found === undefined && said === undefined) {
    problems.add(
      source.top,
      `there is no compose file beside it (${COMPOSE_NAMES.join(', ')}); name one with compose:`,
    );
  }
  return found === undefined ? [] : [resolve(root, found)];
}
