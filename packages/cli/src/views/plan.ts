import type { PlanReport } from '@baton/api';
import type { Finding } from '@baton/core';
import type { Style } from '../reporters/style.ts';
import type { View } from './view.ts';

const CHANGES: Readonly<Record<PlanReport['services'][number]['change'], string>> = {
  new: 'is new',
  changed: 'moves',
  removed: 'goes away',
  unchanged: 'stays, untouched',
  'settings-changed': 'stays, with other settings',
  restarted: 'starts anew, unchanged',
  'accessory-changed': 'changed, and stays: an accessory is not versioned with the release',
};

const MARKS: typeof CHANGES = {
  new: '+',
  removed: '-',
  changed: '~',
  restarted: '~',
  unchanged: ' ',
  'settings-changed': '*',
  'accessory-changed': '!',
};

const sideText = (side: { readonly release: number; readonly slot: string } | null): string =>
  side === null ? 'nothing' : `release ${side.release} in ${side.slot}`;

const serviceLines = (service: PlanReport['services'][number], style: Style): string[] => {
  const stays = service.from?.slot === service.to?.slot && service.from !== null;
  const way = stays ? sideText(service.from) : `${sideText(service.from)} -> ${sideText(service.to)}`;
  const head = `${service.service} (${service.role}) ${CHANGES[service.change]}: ${way}`;
  const line = `${MARKS[service.change]} ${head}`;
  return [stays ? style.quiet(line) : line, ...service.differences.map((text) => style.quiet(`    ${text}`))];
};

/** One line a finding, and under a bad one what to do about it. */
export const findingLines = (findings: readonly Finding[], style: Style): string[] =>
  findings.flatMap(({ ok, subject, message, hint }) => [
    `${ok ? style.good('✓') : style.bad('✗')} ${subject}: ${message}`,
    ...(ok || hint === undefined ? [] : [`  ${style.warn('hint:')} ${hint}`]),
  ]);

/** Who moves, the steps in their order, and what stands in the way. */
export const planText = (plan: PlanReport, { style }: View): string => {
  const differs = plan.services.some(({ change }) => change !== 'unchanged');
  const live = plan.liveRelease === 0 ? 'nothing is live' : `release ${plan.liveRelease} is live`;
  const way = plan.release < plan.liveRelease ? 'gone back to' : 'made';
  const head = differs ? `release ${plan.release} would be ${way}` : 'nothing differs';
  const bad = plan.findings.filter(({ ok }) => !ok);
  const lines = [
    `${style.strong(plan.scope)}: ${live}; ${head}`,
    '',
    ...plan.services.flatMap((service) => serviceLines(service, style)),
    ...(plan.steps.length === 0 ? [] : ['', style.quiet('steps')]),
    ...plan.steps.map((step, index) => `${String(index + 1).padStart(3)}. ${step}`),
    ...(plan.warnings.length === 0 ? [] : ['']),
    ...plan.warnings.map((warning) => `${style.warn('!')} ${warning}`),
    ...(bad.length === 0 ? [] : ['', style.bad('in the way'), ...findingLines(bad, style)]),
  ];
  return `${lines.join('\n')}\n`;
};
