import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BatonError, hasCode } from '@baton/core/errors';
import { EXIT } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import type { Command, Invocation } from '../program/index.ts';
import { findConfig, stateDirOf } from '../project/index.ts';
import { daemonCommand } from '../serve/daemon-command.ts';
import { systemdUnit, unitName } from '../serve/systemd-unit.ts';

const MAIN = fileURLToPath(new URL('../serve/main.ts', import.meta.url));

/** A daemon needs no configuration of its own: baton.yaml only says where its state is. */
const stateDirFor = async ({ context, flags }: Invocation): Promise<string> => {
  const file = await findConfig(context, flags.file).catch((error: unknown) => {
    const told = flags.stateDir !== undefined || Boolean(context.env.BATON_STATE_DIR);
    if (told && hasCode(error, 'config-missing')) return undefined;
    throw error;
  });
  return stateDirOf(context, flags.stateDir, file);
};

const install = async ({ context, flags }: Invocation, stateDir: string): Promise<number> => {
  const system = process.getuid?.() === 0;
  const name = unitName(stateDir);
  const folder = system
    ? '/etc/systemd/system'
    : join(context.env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'systemd/user');
  const file = join(folder, name);
  const text = systemdUnit({ node: process.execPath, main: MAIN, stateDir, system });
  const commands = system
    ? ['systemctl daemon-reload', `systemctl enable --now ${name}`]
    : ['systemctl --user daemon-reload', `systemctl --user enable --now ${name}`, 'loginctl enable-linger'];
  const dryRun = flags.dryRun === true;
  if (!dryRun) {
    try {
      await mkdir(dirname(file), { recursive: true });
      await mkdir(stateDir, { recursive: true, mode: 0o700 });
      await writeFile(file, text, { mode: 0o644 });
    } catch (cause) {
      throw new BatonError('unit-unwritable', `${file} cannot be written.`, {
        hint: 'Print it with "baton serve --install --dry-run" and put it where your system wants it.',
        cause,
      });
    }
  }
  if (flags.json === true) printJson(context.stdout, { file, text, commands, written: !dryRun });
  else if (dryRun) context.stdout.write(`# ${file}\n${text}`);
  else context.stdout.write(`wrote ${file}\nnow run:\n${commands.map((line) => `  ${line}`).join('\n')}\n`);
  return EXIT.done;
};

/** Runs the daemon as a child: its exit code is ours, and Ctrl-C reaches both. */
const foreground = async ({ context }: Invocation, stateDir: string): Promise<number> => {
  const [node = process.execPath, ...args] = daemonCommand(process.execPath, MAIN, stateDir);
  const child = spawn(node, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const stop = (): void => void child.kill('SIGTERM');
  context.interrupted.addEventListener('abort', stop, { once: true });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(context.interrupted.aborted ? EXIT.interrupted : (code ?? EXIT.failed)));
  });
};

export const run: Command = async (invocation) => {
  const stateDir = await stateDirFor(invocation);
  if (invocation.flags.install === true) return install(invocation, stateDir);
  if (invocation.flags.dryRun === true) {
    throw new BatonError('usage', '--dry-run goes with --install.', {
      fault: 'user',
      hint: 'baton serve --install --dry-run',
    });
  }
  return foreground(invocation, stateDir);
};
