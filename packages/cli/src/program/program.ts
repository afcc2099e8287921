import { VERSION } from '@baton/api';
import { BatonError } from '@baton/core/errors';
import { Command as Commander, CommanderError, Option } from 'commander';
import type { CliContext } from '../context.ts';
import type { Flags } from './flags.ts';
import type { Parsed } from './parse.ts';
import type { Verb } from './verb.ts';
import { globalOptions, verbs } from './verbs.ts';

const addOption = (command: Commander, { flags, about, parse }: Verb['options'][number]): void => {
  const option = new Option(flags, about);
  if (parse !== undefined) option.argParser(parse as (value: string, before: unknown) => unknown);
  command.addOption(option);
};

const examplesText = (verb: Verb): string => `\nExamples:\n${verb.examples.map((line) => `  ${line}`).join('\n')}\n`;

/** Paragraphs as they were written; their line breaks are the help's to make. */
const descriptionOf = ({ summary, about }: Verb): string => {
  const head = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  const paragraphs = about === undefined ? [] : about.split('\n\n').map((one) => one.replaceAll('\n', ' '));
  return [head, ...paragraphs].join('\n\n');
};

const usage = (error: CommanderError, verb: string | undefined): BatonError => {
  const [first = '', second = ''] = error.message.replace(/^error: /, '').split('\n');
  const meant = /^\(Did you mean (.+)\?\)$/.exec(second)?.[1];
  const help = `Run "baton ${verb === undefined ? '' : `${verb} `}--help" to see what there is.`;
  const message = first.endsWith('.') ? first : `${first}.`;
  return new BatonError('usage', message.charAt(0).toUpperCase() + message.slice(1), {
    fault: 'user',
    hint: meant === undefined ? help : `Did you mean ${meant}? ${help}`,
  });
};

const build = (
  context: CliContext,
  write: (text: string) => void,
  chosen: (verb: Verb, command: Commander) => void,
): Commander => {
  const program = new Commander('baton');
  const settle = (command: Commander): Commander =>
    command
      .exitOverride()
      .showSuggestionAfterError(true)
      .configureHelp({
        showGlobalOptions: true,
        helpWidth: context.stdout.columns(),
        subcommandTerm: (sub) => [sub.name(), ...sub.registeredArguments.map((one) => `[${one.name()}]`)].join(' '),
      })
      .configureOutput({ writeOut: write, writeErr: () => undefined, outputError: () => undefined });
  settle(program)
    .description('Deploys systems that must not stop and must never run twice.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [verb]', 'show help of a verb')
    .usage('<verb> [environment] [options]')
    .addHelpText('after', '\n"baton <verb> --help" says more of a verb. Exit codes: docs/commands.md.');
  for (const { flags, about } of globalOptions) program.option(flags, about);
  for (const verb of verbs) {
    const command = settle(program.command(verb.name)).summary(verb.summary).helpGroup(`${verb.group}:`);
    command.description(descriptionOf(verb));
    for (const { name, about, required } of verb.arguments)
      command.argument(required === true ? `<${name}>` : `[${name}]`, about);
    for (const option of verb.options) addOption(command, option);
    command.addHelpText('after', examplesText(verb));
    command.action(() => chosen(verb, command));
  }
  return program;
};

/**
 * Reads the words of a command line with all that commander can say of them; runs nothing.
 * @throws BatonError `usage`, with a suggestion where a word is near to one that there is
 */
export const fullParse = (argv: readonly string[], context: CliContext): Parsed => {
  let text = '';
  let parsed: Parsed | undefined;
  const program = build(
    context,
    (part) => {
      text += part;
    },
    (verb, command) => {
      const flags = command.optsWithGlobals<Flags>();
      parsed = { kind: 'run', verb, invocation: { context, verb: verb.name, args: command.args, flags } };
    },
  );
  if (argv.length === 0) return { kind: 'nothing', text: program.helpInformation() };
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0 || error.code === 'commander.help') return { kind: 'text', text };
    throw usage(error, verbs.find((verb) => argv.includes(verb.name))?.name);
  }
  return parsed ?? { kind: 'text', text };
};
