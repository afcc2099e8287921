import type { StreamLine } from '@baton/api';
import type { GoalEvent, GoalReference, Verdict } from '@baton/core';
import { endingLines } from './ending.ts';
import { count, duration } from './figures.ts';
import { handoverLine } from './handover-story.ts';
import { type Doing, type StoryLine, say } from './story-line.ts';

/** A bake is told of at most this often where every line stays. */
const BAKE_STEPS = 4;

const TITLES: Readonly<Record<GoalReference['kind'], (goal: GoalReference) => string>> = {
  deploy: (goal) => `Deploying release ${goal.release} to ${goal.scope}`,
  rollback: (goal) => `Rolling back to release ${goal.release} in ${goal.scope}`,
  restart: (goal) => `Restarting in ${goal.scope}`,
  recover: (goal) => `Bringing ${goal.scope} back to release ${goal.release}`,
  stop: (goal) => `Stopping ${goal.scope}`,
};

const moveLine = ({ service, from, to }: GoalReference['moves'][number]): string => {
  if (from === null && to === null) return service;
  if (from === null) return `${service}: new, release ${to?.release} in ${to?.slot}`;
  if (to === null) return `${service}: release ${from.release} in ${from.slot} goes down`;
  return `${service}: release ${from.release} in ${from.slot} -> release ${to.release} in ${to.slot}`;
};

const opening = (goal: GoalReference): StoryLine[] => {
  const lines = [say('title', `${TITLES[goal.kind](goal)}, for ${goal.by}`)];
  for (const move of goal.moves) lines.push(say('detail', moveLine(move)));
  if (goal.kept.length > 0) {
    lines.push(say('detail', `unchanged, and not touched: ${goal.kept.map((kept) => kept.service).join(', ')}`));
  }
  if (goal.force)
    lines.push(say('warn', 'forced: resource, log and reachability layers do not count before the switch'));
  return lines;
};

const CHECKS: Readonly<Record<Verdict['check'], string>> = {
  gate: 'gate',
  smoke: 'smoke test',
  handover: 'handover',
  bake: 'bake',
  abort: 'abort',
  return: 'way back',
};

/** `service: layer: evidence`, and `handover: evidence` where no one service is meant. */
export const violationText = (one: Verdict['violations'][number]): string =>
  [one.service, one.layer, one.evidence].filter((part) => part !== '').join(': ');

const short = (instance: string): string => instance.slice(0, 8);

/**
 * Turns the lines of a followed goal into sentences, for a stranger. It keeps what the ending needs: what
 * moved, the first cause, the gaps and what was done.
 */
export class Story {
  goal: GoalReference | undefined;
  failedVerdict: Verdict | undefined;
  openedAt: number | undefined;
  /** From the holder's quiesce to the next one's activation, by service; of the way that was gone last. */
  readonly gapMs = new Map<string, number>();
  readonly done: string[] = [];
  maxHeldMs = 0;
  cut = 0;
  doing: Doing | undefined;
  #bakedSteps = 0;
  #drivers = 0;
  #ended = false;

  /** Sentences that stay; {@link doing} changes beside them. */
  tell(line: StreamLine): readonly StoryLine[] {
    if (this.#ended) return [];
    switch (line.kind) {
      case 'progress':
        this.#progress(line.step, line.reason);
        return [];
      case 'asked':
        this.doing = undefined;
        return [];
      case 'end':
        this.#ended = true;
        this.doing = undefined;
        return endingLines(this, line);
      case 'journal':
        // Written by the daemon of the same protocol; what this version does not know falls through.
        this.openedAt ??= line.at;
        return this.#journal({ type: line.type, ...line.payload } as GoalEvent, line.at);
    }
  }

  #progress(step: string, reason: string): void {
    const bakeMs = this.goal?.strategy.bakeMs ?? 0;
    const baked = /^baking: healthy for (\d+) of/.exec(reason)?.[1];
    this.doing = {
      text: step === 'wait' || reason.startsWith('baking') ? reason : `${step}: ${reason}`,
      share: baked === undefined || bakeMs === 0 ? undefined : Math.min(1, Number(baked) / bakeMs),
    };
  }

  #journal(event: GoalEvent, at: number): readonly StoryLine[] {
    switch (event.type) {
      case 'goal.opened':
        this.goal = event.goal;
        this.openedAt = at;
        return opening(event.goal);
      case 'driver.took-over':
        this.#drivers += 1;
        if (this.#drivers === 1) return [];
        return [say('warn', 'the daemon was started anew; it goes on from what it sees')];
      case 'step.failed':
        return [say('warn', `${event.step.replace(/^handover\//, '').replace('/', ': ')} failed: ${event.message}`)];
      case 'instance.launched':
        return [
          say(
            'step',
            `${event.service}: release ${event.release} started in ${event.slot} (instance ${short(event.instance)})`,
          ),
        ];
      case 'gate.began':
        return [say('step', 'gate: every new instance must be healthy and report the expected release')];
      case 'verdict':
        return this.#verdict(event.verdict);
      case 'traffic.switched':
        return this.#switched(event);
      case 'bake.progressed':
        return this.#baked(event.healthyMs);
      case 'slot.retired':
        this.cut += event.cut;
        this.done.push(`${event.service} in ${event.slot} was drained and stopped`);
        return [
          say(
            'step',
            `${event.service}: ${event.slot} drained and stopped${event.cut > 0 ? `, ${count(event.cut, 'stream')} cut` : ''}`,
          ),
        ];
      case 'hook.ran':
        return [say('step', `${event.service}: its ${event.hook} command ended with code ${event.code}`)];
      case 'operator.answered':
        return [say('step', `${event.by} answered: ${event.answer}`)];
      case 'operator.promoted':
        return [say('step', `${event.by} promoted it before the bake had ended`)];
      case 'operator.stopped':
        return [say('warn', `${event.by} stopped it: what it moves goes down`)];
      case 'operator.aborted':
        return [say('warn', `${event.by} aborted it: ${event.reason}`)];
      default:
        return handoverLine(this, event);
    }
  }

  #verdict(verdict: Verdict): readonly StoryLine[] {
    const name = CHECKS[verdict.check];
    if (verdict.passed) return [say('good', `${name} passed`)];
    if (verdict.check !== 'return') this.failedVerdict ??= verdict;
    this.doing = undefined;
    const title = verdict.check === 'abort' ? 'going back, as asked' : `${name} failed: going back`;
    const seen = verdict.violations.map((one) => say('bad', violationText(one)));
    return [say('bad', title), ...seen];
  }

  #switched(event: Extract<GoalEvent, { type: 'traffic.switched' }>): readonly StoryLine[] {
    this.maxHeldMs = Math.max(this.maxHeldMs, event.maxHeldMs);
    const held = event.maxHeldMs > 0 ? `; the longest request was held ${duration(event.maxHeldMs)}` : '';
    if (event.direction === 'back') {
      this.done.push('traffic went back to where it was');
      return [say('good', `switch: traffic is back where it was${held}`)];
    }
    if (this.goal?.kind === 'stop') return [say('step', 'switch: nothing is served any more')];
    this.done.push(`traffic was switched to release ${this.goal?.release}`);
    const bakeMs = this.goal?.strategy.bakeMs ?? 0;
    return [
      say('good', `switch: traffic goes to release ${this.goal?.release}${held}`),
      say('step', `bake: watched until it was healthy for ${duration(bakeMs)}; a violation hands everything back`),
    ];
  }

  #baked(healthyMs: number): readonly StoryLine[] {
    const bakeMs = this.goal?.strategy.bakeMs ?? 0;
    const steps = bakeMs === 0 ? 0 : Math.floor((healthyMs / bakeMs) * BAKE_STEPS);
    if (steps <= this.#bakedSteps || steps >= BAKE_STEPS) return [];
    this.#bakedSteps = steps;
    return [say('step', `bake: healthy for ${duration(healthyMs)} of ${duration(bakeMs)}`)];
  }
}
