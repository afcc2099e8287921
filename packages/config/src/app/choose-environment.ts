import { BatonError } from '@baton/core/errors';
import { closest } from '../source/index.ts';

export interface EnvironmentChoice {
  /** What was asked for, if anything. */
  readonly asked: string | undefined;
  readonly declared: readonly string[];
  /** baton.yaml's name for messages. */
  readonly file: string;
  /** The command so far, such as `baton deploy`, for the line to copy. */
  readonly command: string;
}

/**
 * The environment that is meant: the one asked for, or the only one.
 * @throws BatonError `environment-unknown`, `environment-required`
 */
export function chooseEnvironment({ asked, declared, file, command }: EnvironmentChoice): string {
  const [only] = declared;
  const lines = declared.map((name) => `${command} ${name}`);
  if (asked === undefined) {
    if (declared.length === 1 && only !== undefined) return only;
    throw new BatonError(
      'environment-required',
      `${file} declares ${declared.length} environments: ${declared.join(', ')}`,
      {
        fault: 'user',
        hint: `Nothing was changed. Say which one is meant: ${lines.join('  |  ')}`,
      },
    );
  }
  if (declared.includes(asked)) return asked;
  const near = closest(asked, declared);
  const meant = near === undefined ? '' : ` (did you mean "${near}"?)`;
  throw new BatonError('environment-unknown', `There is no environment "${asked}" in ${file}${meant}`, {
    fault: 'user',
    hint: `Nothing was changed. Declared are: ${declared.join(', ')}. Copy: ${near === undefined ? lines.join('  |  ') : `${command} ${near}`}`,
  });
}
