import { describe, expect, test } from 'vitest';
import { isToBeSkipped } from '../tools/tool-or-skip.ts';
import { codeReferences, isDeclared } from './code-references.ts';
import { type Configuration, MUST_FAIL, MUST_PASS, SECOND_LINE } from './configurations.ts';
import { wrongVerdict } from './run-spin.ts';
import { checkConfiguration, missingTools } from './spin.ts';

const quick = (all: readonly Configuration[]): readonly (readonly [string, Configuration])[] =>
  all.filter((one) => one.slow !== true).map((one) => [`${one.model} ${one.defines.join(' ')}: ${one.shows}`, one]);

const mustBeAsSaid = async (one: Configuration): Promise<void> => {
  expect(missingTools()).toBe('');
  const verdict = await checkConfiguration(one);
  expect(wrongVerdict(one, verdict), verdict.trail.join('\n')).toBeUndefined();
  if (one.breaks !== undefined) expect(verdict.trail.length).toBeGreaterThan(0);
};

const skipped = isToBeSkipped(missingTools());

describe.skipIf(skipped)('every state of the protocol as it is', () => {
  test.each(quick(MUST_PASS))('keeps the promises: %s', async (_name, one) => {
    await mustBeAsSaid(one);
  });
});

describe.skipIf(skipped)('without one of its rules', () => {
  test.each(quick(MUST_FAIL))('there is a way to break a promise: %s', async (_name, one) => {
    await mustBeAsSaid(one);
  });

  test.each(quick(SECOND_LINE))('the others still bear it: %s', async (_name, one) => {
    await mustBeAsSaid(one);
  });
});

describe.each(['handover.pml', 'lease.pml'])('%s', (model) => {
  test('names code that is there', () => {
    const references = codeReferences(model);
    expect(references.length).toBeGreaterThan(5);
    expect(references.filter((one) => !isDeclared(one)).map(({ at, file, name }) => `${at}: ${file}#${name}`)).toEqual(
      [],
    );
  });
});
