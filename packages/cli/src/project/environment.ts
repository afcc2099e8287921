import { BatonError } from '@baton/core/errors';
import type { Declared } from './declared.ts';
import { suggest } from './suggest.ts';

const RESERVED: Readonly<Record<string, string>> = {
  blue: '"blue" is a slot, not an environment.',
  green: '"green" is a slot, not an environment.',
  all: '"all" is a reserved name, not an environment.',
};

/**
 * The environment that is meant: the one named, else the only one declared.
 * @param verb as it was typed, for the line to copy
 * @throws BatonError `environment-unknown`, `environment-ambiguous`, `environment-none`
 */
export const chooseEnvironment = (declared: Declared, asked: string | undefined, verb: string): string => {
  const { environments } = declared;
  const [only] = environments;
  if (only === undefined) {
    throw new BatonError('environment-none', `${declared.file} declares no environment.`, {
      fault: 'user',
      hint: 'Add one under "environments:", such as "local: { target: process }".',
    });
  }
  if (asked === undefined) {
    if (environments.length === 1) return only;
    throw new BatonError('environment-ambiguous', `Several environments are declared: ${environments.join(', ')}.`, {
      fault: 'user',
      hint: `Say which one is meant: baton ${verb} ${only}`,
    });
  }
  if (environments.includes(asked)) return asked;
  const meant = suggest(asked, environments);
  const note = RESERVED[asked] ?? `There is no environment "${asked}" in ${declared.file}.`;
  throw new BatonError('environment-unknown', note, {
    fault: 'user',
    hint:
      meant === undefined
        ? `Declared are: ${environments.join(', ')}. For example: baton ${verb} ${only}`
        : `Did you mean: baton ${verb} ${meant}`,
  });
};
