import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { BatonError } from '@baton/core/errors';
import type { CliContext } from '../context.ts';

/** What most commands need of baton.yaml: names, without the cost of reading all of it. */
export interface Declared {
  /** baton.yaml, absolute. */
  readonly file: string;
  readonly app: string;
  readonly environments: readonly string[];
}

const FILE_NAMES = ['baton.yaml', 'baton.yml'];

const isFile = async (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

/**
 * baton.yaml by `--file`, else in this folder or the nearest above it.
 * @throws BatonError `config-missing`
 */
export const findConfig = async (context: CliContext, flag: string | undefined): Promise<string> => {
  if (flag !== undefined) {
    const file = resolve(context.cwd, flag);
    if (await isFile(file)) return file;
    throw new BatonError('config-missing', `There is no file ${file}.`, {
      fault: 'user',
      hint: 'Give the path of a baton.yaml to --file.',
    });
  }
  for (let folder = resolve(context.cwd); ; folder = dirname(folder)) {
    for (const name of FILE_NAMES) {
      const file = join(folder, name);
      if (await isFile(file)) return file;
    }
    if (dirname(folder) === folder) break;
  }
  throw new BatonError('config-missing', `There is no baton.yaml in ${context.cwd} or above it.`, {
    fault: 'user',
    hint: 'Run "baton init" to write one, change to the folder that has it, or name it with --file.',
  });
};

const invalid = (file: string, line: number, column: number, message: string): BatonError =>
  new BatonError('config-invalid', message, {
    fault: 'user',
    place: { file, line, column },
    hint: 'Run "baton verify" for everything that is wrong with the configuration.',
  });

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The app's name and its environments. Nothing else is checked here: a command that only asks how things
 * stand must work while the configuration is being mended.
 * @throws BatonError `config-missing`, `config-invalid`
 */
export const readDeclared = async (file: string): Promise<Declared> => {
  const [text, { LineCounter, parseDocument }] = await Promise.all([
    readFile(file, 'utf8').catch((cause: unknown) => {
      throw new BatonError('config-unreadable', `${file} cannot be read.`, {
        fault: 'user',
        hint: 'Check its permissions.',
        cause,
      });
    }),
    import('yaml'),
  ]);
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, merge: true });
  const [problem] = document.errors;
  if (problem !== undefined) {
    const { line, col } = lineCounter.linePos(problem.pos[0]);
    throw invalid(file, line, col, problem.message);
  }
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  if (!isRecord(value) || typeof value.app !== 'string' || value.app === '')
    throw invalid(file, 1, 1, 'app: the name of the app is missing');
  const environments = isRecord(value.environments) ? Object.keys(value.environments) : [];
  return { file, app: value.app, environments };
};
