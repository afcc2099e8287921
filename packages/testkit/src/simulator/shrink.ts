import { Coverage } from './coverage.ts';
import type { Invariant } from './invariants.ts';
import type { Scenario } from './scenario.ts';
import { type Life, live } from './simulation.ts';

/** Lives that a shrinking may cost. */
const MAX_TRIES = 40;

/** A scenario with less in it that breaks the same invariant, and the life that shows it. */
export const shrink = async (
  scenario: Scenario,
  invariant: Invariant,
): Promise<{ readonly scenario: Scenario; readonly life: Life }> => {
  let tries = 0;
  let smallest = scenario;
  const breaks = async (candidate: Scenario): Promise<boolean> => {
    if (tries >= MAX_TRIES) return false;
    tries += 1;
    return (await live(candidate, new Coverage())).broken?.invariant === invariant;
  };
  const keep = async (candidate: Scenario): Promise<void> => {
    if (await breaks(candidate)) smallest = candidate;
  };
  for (let length = 1; length < scenario.script.length; length += 1) {
    const script = scenario.script.slice(0, length);
    if (await breaks({ ...smallest, script })) {
      smallest = { ...smallest, script };
      break;
    }
  }
  for (const fault of scenario.faults)
    await keep({ ...smallest, faults: smallest.faults.filter((other) => other !== fault) });
  for (let strikes = 0; strikes < Math.min(smallest.maxStrikes, 6); strikes += 1) {
    if (await breaks({ ...smallest, maxStrikes: strikes })) {
      smallest = { ...smallest, maxStrikes: strikes };
      break;
    }
  }
  return { scenario: smallest, life: await live(smallest, new Coverage(), { trace: true }) };
};

/** What of a trace a person reads: faults, deeds and effects, not each look. */
const DULL =
  /store\.(?:get|list|readJournal|streams|renewLock)|\.observe |prober\.http|wakes$| trades$| lands$|a client|an operator looks|somebody looks|goes on$|settles$|waits for requests/;
const SHOWN = 120;

export const storyOf = (life: Life): readonly string[] =>
  life.trace.filter((line) => line.includes('FAULT') || line.includes('BROKEN') || !DULL.test(line)).slice(-SHOWN);

/** The command that shows a scenario again, whole or shrunken. */
export const replayOf = (scenario: Scenario, full: Scenario): string => {
  const parts = [`node packages/testkit/src/simulator/main.ts --case ${scenario.seed} --trace`];
  if (scenario.faults.length < full.faults.length) parts.push(`--faults ${scenario.faults.join(',') || 'none'}`);
  if (scenario.script.length < full.script.length) parts.push(`--deeds ${scenario.script.length}`);
  if (scenario.maxStrikes < full.maxStrikes) parts.push(`--strikes ${scenario.maxStrikes}`);
  return parts.join(' ');
};
