import type { Verb } from './verb.ts';
import { globalOptions, verbs } from './verbs.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|');

const optionTable = (options: readonly { readonly flags: string; readonly about: string }[]): string[] => [
  '| option | meaning |',
  '|---|---|',
  ...options.map(({ flags, about }) => `| \`${cell(flags)}\` | ${cell(about)} |`),
];

const section = (verb: Verb): string[] => {
  const words = verb.arguments.map(({ name, required }) => (required === true ? ` <${name}>` : ` [${name}]`)).join('');
  return [
    `### baton ${verb.name}`,
    '',
    `\`baton ${verb.name}${words}${verb.options.length === 0 ? '' : ' [options]'}\``,
    '',
    `${verb.summary.charAt(0).toUpperCase()}${verb.summary.slice(1)}.`,
    ...(verb.about === undefined ? [] : ['', verb.about]),
    ...(verb.arguments.length === 0 ? [] : ['', ...verb.arguments.map(({ name, about }) => `- \`${name}\`: ${about}`)]),
    ...(verb.options.length === 0 ? [] : ['', ...optionTable(verb.options)]),
    '',
    '```sh',
    ...verb.examples,
    '```',
    '',
  ];
};

const INTRODUCTION = `# Commands

The environment follows the complete verb: \`baton deploy staging --service bot\`. Where baton.yaml declares only one, it
may be left out; where it declares several, a command without one is refused and prints the line to copy. \`blue\`,
\`green\` and \`all\` are reserved names.

In a terminal a deployment is shown as it goes; in a pipe as one line an event; in GitHub Actions with annotations; with
\`--json\` as the daemon's own lines. \`NO_COLOR\` is respected. Ctrl-C leaves a deployment to itself; the daemon goes on.

## Exit codes

| code | meaning |
|---|---|
| 0 | done and healthy |
| 1 | failed and nothing changed; or unhealthy |
| 2 | wrong usage or configuration |
| 3 | failed and rolled back |
| 4 | blocked by policy or preflight |
| 5 | needs an operator: \`baton resolve\` shows the question |
| 6 | something differs (\`plan --exit-code\`) |
| 130 | interrupted; what was begun goes on |

An error is \`error:\`, its place in your files where it has one, and \`hint:\` with what to do next. With \`--json\` it is
one object on stdout: \`{"error":{"code","message","hint","fault","exitCode"}}\`.

## Environment variables

| variable | meaning |
|---|---|
| \`BATON_STATE_DIR\` | where the daemon keeps its state, as \`--state-dir\` |
| \`BATON_DEBUG\` | an error shows its stack |
| \`NO_COLOR\`, \`FORCE_COLOR\` | no colours; colours in a pipe too |

## For every command
`;

/** docs/commands.md, from the table that also parses, helps and completes. */
export const reference = (): string =>
  [
    INTRODUCTION,
    ...optionTable(globalOptions),
    '',
    ...['Deploy', 'Look', 'Decide', 'Stop', 'Set up'].flatMap((group) => [
      `## ${group}`,
      '',
      ...verbs.filter((verb) => verb.group === group).flatMap(section),
    ]),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
