import type { StreamLine } from '@baton/api';
import type { GoalReference } from '@baton/core';
import { count, duration } from './figures.ts';
import type { Story } from './story.ts';
import { type StoryLine, say } from './story-line.ts';

type End = Extract<StreamLine, { kind: 'end' }>;

const LAYERS: Readonly<Record<string, string>> = {
  process: 'process (it must run, and not restart)',
  endpoint: 'endpoint (its health check must answer)',
  identity: 'identity (it must report the release that was deployed)',
  resources: 'resources (memory and CPU within their limits)',
  logs: 'logs (errors a minute)',
  reach: 'reachability (what it depends on must accept connections)',
  smoke: 'smoke test',
  handover: 'handover (the baton must move with a proof)',
  timeout: 'time',
  operator: 'a person',
};

const field = (name: string, text: string): StoryLine => say('plain', `  ${name.padEnd(9)} ${text}`);

const splitScope = (scope: string): { app: string; environment: string } => {
  const slash = scope.lastIndexOf('/');
  return { app: scope.slice(0, slash), environment: scope.slice(slash + 1) };
};

/** Layer and evidence first: that is what a person needs to mend it. */
const causes = (story: Story, end: End): StoryLine[] => {
  const violations = story.failedVerdict?.violations ?? [];
  if (violations.length === 0) return [field('cause', end.summary)];
  return violations.flatMap((one) => [
    field('layer', LAYERS[one.layer] ?? one.layer),
    field(
      'service',
      one.instance === '' ? one.service || 'all' : `${one.service}, instance ${one.instance.slice(0, 8)}`,
    ),
    field('evidence', one.evidence),
  ]);
};

const liveAfter = (goal: GoalReference | undefined, end: End): string => {
  if (goal === undefined) return 'see "baton status"';
  const old = goal.moves.flatMap(({ service, from }) =>
    from === null ? [] : [`${service} release ${from.release} in ${from.slot}`],
  );
  const kept = goal.kept.map(({ service, release, slot }) => `${service} release ${release} in ${slot}`);
  if (end.outcome === 'needs-operator') return 'nobody trades; see "baton status"';
  return [...old, ...kept].join(', ') || 'nothing: nothing was live before';
};

const logsCommand = (story: Story, environment: string): string => {
  const first = story.failedVerdict?.violations[0];
  const slot = story.goal?.moves.find((move) => move.service === first?.service)?.to?.slot;
  return `baton logs ${environment}${first?.service ? ` --service ${first.service}` : ''}${slot === undefined ? '' : ` --slot ${slot}`} --since 10m`;
};

const nextSteps = (story: Story, end: End, environment: string): readonly string[] => {
  if (end.outcome === 'needs-operator') return [`baton status ${environment}`, logsCommand(story, environment)];
  const again = story.goal?.kind === 'deploy' ? [`mend it, then: baton deploy ${environment}`] : [];
  return [logsCommand(story, environment), ...again];
};

const failureLines = (story: Story, end: End): StoryLine[] => {
  const { environment } = splitScope(story.goal?.scope ?? '/');
  const title = {
    'rolled-back': `release ${end.release} was rolled back`,
    failed: `release ${end.release} failed, and nothing changed`,
    'needs-operator': `release ${end.release}: a person must decide`,
  }[end.outcome as 'rolled-back' | 'failed' | 'needs-operator'];
  const done = story.done.length === 0 ? ['nothing had moved'] : story.done;
  return [
    say('bad', title ?? end.summary),
    ...causes(story, end),
    ...done.map((text, index) => field(index === 0 ? 'done' : '', text)),
    field('live', liveAfter(story.goal, end)),
    ...nextSteps(story, end, environment).map((text, index) => field(index === 0 ? 'next' : '', text)),
  ];
};

const goodLines = (story: Story, end: End): StoryLine[] => {
  const { environment } = splitScope(story.goal?.scope ?? '/');
  const took = story.openedAt === undefined ? '' : ` in ${duration(Math.max(0, end.at - story.openedAt))}`;
  const gaps = [...story.gapMs].map(([service, ms]) => `${service} handed over in ${duration(ms)}`);
  const facts = [
    ...gaps,
    ...(story.maxHeldMs > 0 ? [`requests held at most ${duration(story.maxHeldMs)}`] : []),
    ...(story.cut > 0 ? [`${count(story.cut, 'stream')} cut at the drain deadline`] : []),
  ];
  const title = end.outcome === 'stopped' ? `stopped${took}; nothing acts` : `release ${end.release} is live${took}`;
  const next =
    end.outcome === 'stopped' ? `baton deploy ${environment} starts it again` : `baton status ${environment}`;
  return [say('good', title), ...(facts.length > 0 ? [say('detail', facts.join('; '))] : []), say('detail', next)];
};

/** The last words: what is live on success; layer, evidence, what was done, what is live and what to do next on failure. */
export const endingLines = (story: Story, end: End): readonly StoryLine[] =>
  end.outcome === 'committed' || end.outcome === 'stopped' ? goodLines(story, end) : failureLines(story, end);
