import type { Exposure, GoalEvent, Known, Proof } from '@baton/core';
import { duration } from './figures.ts';
import type { Story } from './story.ts';
import { type StoryLine, say } from './story-line.ts';

const figure = (value: Known<number>, what: string): string =>
  value.known ? `${value.value} ${what}` : `${what} unknown (${value.reason})`;

const exposureText = (exposure: Exposure): string =>
  [
    figure(exposure.openOrders, 'open orders'),
    figure(exposure.positions, 'positions'),
    figure(exposure.inFlight, 'requests in flight'),
  ].join(', ');

const isFlat = (exposure: Exposure): boolean =>
  [exposure.openOrders, exposure.positions, exposure.inFlight].every((value) => value.known && value.value === 0);

const proofText = (proof: Proof): string => {
  if (proof.kind === 'same-instance') return 'it stood by, and its floor rose';
  if (proof.kind === 'operator') return `${proof.by} vouched for it`;
  const { death } = proof;
  return `the last holder is dead (${death.method}${death.weak ? `, weak proof: ${death.note}` : ''})`;
};

/** The singleton's part of the story: settled, revoked, proven, granted, acting. */
export const handoverLine = (story: Story, event: GoalEvent): readonly StoryLine[] => {
  switch (event.type) {
    case 'holder.settled': {
      const tone = isFlat(event.exposure) ? 'step' : 'warn';
      return [say(tone, `handover: ${event.service} settled with ${exposureText(event.exposure)}`)];
    }
    case 'baton.revoked':
      return [say('step', `handover: baton of ${event.service} taken back (token ${event.token}); nobody may act`)];
    case 'baton.proven':
      return [say('step', `handover: ${event.service}: ${proofText(event.proof)}; ${event.reconciled}`)];
    case 'baton.granted': {
      const why = event.proof === null ? 'nobody held it before' : proofText(event.proof);
      story.done.push(
        `the baton of ${event.service} went to release ${event.release} in ${event.slot} (token ${event.token})`,
      );
      return [
        say(
          'step',
          `handover: baton of ${event.service} granted to release ${event.release} in ${event.slot} (token ${event.token}); ${why}; ${event.reconciled}`,
        ),
      ];
    }
    case 'holder.activated': {
      if (event.quiescedForMs === null) return [say('good', `handover: ${event.service} acts`)];
      story.gapMs.set(event.service, event.quiescedForMs);
      return [say('good', `handover: ${event.service} acts; nobody did for ${duration(event.quiescedForMs)}`)];
    }
    default:
      return [];
  }
};
