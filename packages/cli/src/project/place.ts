import { BatonError } from '@baton/core/errors';
import type { Invocation } from '../program/invocation.ts';
import { type Declared, findConfig, readDeclared } from './declared.ts';
import { chooseEnvironment } from './environment.ts';
import { rememberedDeclared } from './remembered.ts';
import { stateDirOf } from './state-dir.ts';

export type SlotName = 'blue' | 'green';

/** Where a command works: which app and environment, and whose daemon. */
export interface Place {
  readonly declared: Declared;
  readonly app: string;
  readonly environment: string;
  readonly stateDir: string;
}

/**
 * The place that an invocation means.
 * @param environment as it was typed; undefined means the only one declared
 */
export const placeOf = async (
  { context, verb, flags }: Invocation,
  environment: string | undefined,
): Promise<Place> => {
  const file = await findConfig(context, flags.file);
  const stateDir = stateDirOf(context, flags.stateDir, file);
  const declared = await rememberedDeclared(file, stateDir, readDeclared);
  return {
    declared,
    app: declared.app,
    environment: chooseEnvironment(declared, environment, verb),
    stateDir,
  };
};

const isSlot = (word: string): word is SlotName => word === 'blue' || word === 'green';

/**
 * Environment and slot of a verb that takes both, in whatever order: the names of slots are reserved.
 * @throws BatonError `usage` where two slots are named
 */
export const environmentAndSlot = ({
  args,
  flags,
}: Invocation): { readonly environment: string | undefined; readonly slot: SlotName | undefined } => {
  const slots = new Set<SlotName>([...args.filter(isSlot), ...(flags.slot === undefined ? [] : [flags.slot])]);
  const others = args.filter((word) => !isSlot(word) && word !== 'all');
  if (slots.size > 1 || others.length > 1) {
    throw new BatonError('usage', `One environment and one slot are meant, not "${args.join(' ')}".`, {
      fault: 'user',
      hint: 'For example: baton health staging --slot green',
    });
  }
  return { environment: others[0], slot: [...slots][0] };
};
