import { readFile, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { BatonError } from '@baton/core/errors';
import { EXIT } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import type { Command, Invocation } from '../program/index.ts';

const COMPOSE_FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];

const STARTER_COMPOSE = `# What runs. How it is deployed stands in baton.yaml.
services:
  web:
    build: .
    command: node server.js   # listens on $PORT
    expose: ["8080"]
`;

const textOf = async (file: string): Promise<string | undefined> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new BatonError('compose-unreadable', `${file} cannot be read.`, {
      fault: 'user',
      hint: 'Check its permissions.',
      cause: error,
    });
  }
};

interface Compose {
  readonly file: string;
  /** Undefined where there is none yet. */
  readonly text: string | undefined;
}

const findCompose = async ({ context, flags }: Invocation): Promise<Compose> => {
  if (flags.from !== undefined) {
    const file = resolve(context.cwd, flags.from);
    const text = await textOf(file);
    if (text !== undefined) return { file, text };
    throw new BatonError('compose-missing', `There is no file ${file}.`, {
      fault: 'user',
      hint: 'Give the path of a compose file to --from, or leave it out.',
    });
  }
  for (const name of COMPOSE_FILES) {
    const file = join(context.cwd, name);
    const text = await textOf(file);
    if (text !== undefined) return { file, text };
  }
  return { file: join(context.cwd, 'compose.yaml'), text: undefined };
};

/** Writes a file that must not exist yet. */
const create = async (file: string, text: string): Promise<void> => {
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    throw new BatonError(
      exists ? 'file-exists' : 'file-unwritable',
      exists ? `${file} is there already; nothing was written.` : `${file} cannot be written.`,
      { fault: 'user', hint: exists ? 'Edit it, or move it away first.' : 'Check the folder.', cause: error },
    );
  }
};

export const run: Command = async (invocation) => {
  const { context, flags } = invocation;
  const file = join(context.cwd, 'baton.yaml');
  const compose = await findCompose(invocation);
  const { initFromCompose } = await import('@baton/config');
  const starter = initFromCompose(compose.text, flags.name ?? basename(context.cwd));
  const name = relative(context.cwd, compose.file);
  // baton.yaml reads compose.yaml unless it says otherwise.
  const text =
    name === 'compose.yaml' ? starter : starter.replace(/^(app: .*)$/m, `$1\ncompose: ${JSON.stringify(name)}`);
  await create(file, text);
  const written = ['baton.yaml'];
  if (compose.text === undefined) {
    await create(compose.file, STARTER_COMPOSE);
    written.push(name);
  }
  if (flags.json === true) printJson(context.stdout, { written });
  else {
    context.stdout.write(`wrote ${written.join(' and ')}\n`);
    context.stdout.write(
      'next: read it, then "baton verify" says what is left to decide, and "baton deploy" deploys it\n',
    );
    context.stdout.write('keep .baton/ out of version control: it is the state of this machine\n');
  }
  return EXIT.done;
};
