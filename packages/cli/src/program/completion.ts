import type { Verb } from './verb.ts';
import { globalOptions, verbs } from './verbs.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];
export const isShell = (word: string): word is Shell => SHELLS.some((shell) => shell === word);

const longFlag = (flags: string): string => /--[a-z-]+/.exec(flags)?.[0] ?? flags;
const shortFlag = (flags: string): string | undefined => /^-([A-Za-z]),/.exec(flags)?.[1];
const takesValue = (flags: string): boolean => flags.includes('<');

const optionsOf = (verb: Verb): readonly { readonly flags: string; readonly about: string }[] => [
  ...verb.options,
  ...globalOptions,
];
const takes = (verb: Verb, argument: string): boolean => verb.arguments.some(({ name }) => name === argument);

const bash = (): string => {
  const cases = verbs.map(
    (verb) =>
      `    ${verb.name}) words="${optionsOf(verb)
        .map(({ flags }) => longFlag(flags))
        .join(' ')}" ;;`,
  );
  const placed = verbs.filter((verb) => takes(verb, 'environment')).map(({ name }) => name);
  return `# baton: completion for bash. Load it with: source <(baton completion bash)
_baton() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} verb= word words=
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) ;; *) verb=$word; break ;; esac
  done
  COMPREPLY=()
  case $before in
    --slot) COMPREPLY=($(compgen -W "blue green" -- "$current")); return ;;
    --file|-f|--from) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --state-dir) COMPREPLY=($(compgen -d -- "$current")); return ;;
  esac
  if [ -z "$verb" ]; then
    COMPREPLY=($(compgen -W "${verbs.map(({ name }) => name).join(' ')} help ${globalOptions.map(({ flags }) => longFlag(flags)).join(' ')}" -- "$current"))
    return
  fi
  case $verb in
${cases.join('\n')}
  esac
  case $current in
    -*) ;;
    *)
      case $verb in
        ${placed.join('|')}) words="$(baton completion environments 2>/dev/null)" ;;
        completion) words="${SHELLS.join(' ')}" ;;
        help) words="${verbs.map(({ name }) => name).join(' ')}" ;;
      esac
      case $verb in ${verbs
        .filter((verb) => takes(verb, 'slot'))
        .map(({ name }) => name)
        .join('|')}) words="$words blue green" ;; esac
      ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _baton baton
`;
};

const zshQuoted = (text: string): string =>
  text.replaceAll("'", "'\\''").replaceAll('[', '\\[').replaceAll(']', '\\]').replaceAll(':', '\\:');

const zsh = (): string => {
  const list = verbs.map(({ name, summary }) => `    '${name}:${zshQuoted(summary)}'`);
  const cases = verbs.map((verb) => {
    const options = optionsOf(verb).map(({ flags, about }) => {
      const value = takesValue(flags) ? ':value:' : '';
      return `'${longFlag(flags)}[${zshQuoted(about)}]${value}'`;
    });
    const words = [
      ...(takes(verb, 'environment') ? ['$(baton completion environments 2>/dev/null)'] : []),
      ...(takes(verb, 'slot') ? ['blue', 'green'] : []),
      ...(takes(verb, 'shell') ? SHELLS : []),
    ];
    const positional = words.length === 0 ? '' : ` "*:word:(${words.join(' ')})"`;
    return `    ${verb.name}) _arguments ${options.join(' ')}${positional} ;;`;
  });
  return `#compdef baton
# baton: completion for zsh. Load it with: source <(baton completion zsh)
_baton() {
  local -a baton_verbs
  baton_verbs=(
${list.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'verb' baton_verbs
    return
  fi
  local verb=$words[2]
  shift words
  (( CURRENT-- ))
  case $verb in
${cases.join('\n')}
  esac
}
(( $+functions[compdef] )) && compdef _baton baton
`;
};

const fishQuoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const fish = (): string => {
  const lines = ['# baton: completion for fish. Load it with: baton completion fish | source', 'complete -c baton -f'];
  for (const { flags, about } of globalOptions)
    lines.push(
      `complete -c baton -l ${longFlag(flags).slice(2)}${takesValue(flags) ? ' -r' : ''} -d ${fishQuoted(about)}`,
    );
  for (const verb of verbs) {
    const seen = `-n '__fish_seen_subcommand_from ${verb.name}'`;
    lines.push(`complete -c baton -n __fish_use_subcommand -a ${verb.name} -d ${fishQuoted(verb.summary)}`);
    if (takes(verb, 'environment'))
      lines.push(`complete -c baton ${seen} -a '(baton completion environments 2>/dev/null)'`);
    if (takes(verb, 'slot')) lines.push(`complete -c baton ${seen} -a 'blue green'`);
    if (takes(verb, 'shell')) lines.push(`complete -c baton ${seen} -a '${SHELLS.join(' ')}'`);
    for (const { flags, about } of verb.options) {
      const short = shortFlag(flags);
      lines.push(
        `complete -c baton ${seen} -l ${longFlag(flags).slice(2)}${short === undefined ? '' : ` -s ${short}`}${takesValue(flags) ? ' -x' : ''} -d ${fishQuoted(about)}`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
};

/** A script for the shell, made from the same table as help and parsing. */
export const completionScript = (shell: Shell): string => ({ bash, zsh, fish })[shell]();
