import type { BatonReport, OpenGoalReport, StatusReport } from '@baton/api';
import { clockTime, duration } from '../reporters/figures.ts';
import type { Style } from '../reporters/style.ts';
import { instanceTable } from './instances.ts';
import type { View } from './view.ts';

const BAR = 20;

const headline = (status: StatusReport, style: Style): string => {
  const release = status.release === 0 ? 'no release' : `release ${status.release}`;
  const state = status.latched
    ? style.bad('LATCHED: nothing acts until "baton arm"')
    : status.stopped
      ? style.warn('stopped')
      : status.healthy
        ? style.good('healthy')
        : style.bad('not healthy');
  return `${style.strong(status.scope)}  ${release}  ${state}  ${style.quiet(`target ${status.target}`)}`;
};

/** A line for each baton: who acts, or why nobody does. */
const batonLine = (baton: BatonReport, { style, now }: View): string => {
  const checkpoint =
    baton.checkpointAt === null
      ? ''
      : style.quiet(`, state saved ${duration(Math.max(0, now - baton.checkpointAt))} ago`);
  const head = `baton ${baton.key} (${baton.service}): token ${baton.token}, `;
  if (baton.latch !== null) {
    const { by, setAt, reason } = baton.latch;
    return head + style.bad(`latched by ${by} at ${clockTime(setAt, now)}: ${reason}`);
  }
  if (baton.holder !== null) {
    const { instance, slot, release } = baton.holder;
    return `${head}held by release ${release} in ${slot} (${instance.slice(0, 8)})${checkpoint}`;
  }
  const unproven = baton.unproven === null ? '' : `; ${baton.unproven.slice(0, 8)} is not yet proven unable to act`;
  return head + style.warn(`nobody holds it${unproven}`);
};

const barText = (healthyMs: number, ofMs: number): string => {
  const filled = ofMs === 0 ? BAR : Math.min(BAR, Math.round((healthyMs / ofMs) * BAR));
  return `${'━'.repeat(filled)}${'╌'.repeat(BAR - filled)} ${duration(healthyMs)} of ${duration(ofMs)}`;
};

/** What is being done now, and what it waits for. */
export const openLines = (open: OpenGoalReport, environment: string, { style, now }: View): readonly string[] => {
  const way = open.direction === 'back' ? style.bad('going back') : style.strong('going forward');
  const since = duration(Math.max(0, now - open.openedAt));
  const lines = [
    `${open.kind} of release ${open.release}, ${way}, for ${since}, by ${open.by}`,
    `  now       ${open.step}: ${open.reason}`,
  ];
  if (open.bake !== null) lines.push(`  bake      ${barText(open.bake.healthyMs, open.bake.ofMs)}`);
  for (const one of open.violations)
    lines.push(style.bad(`  seen      ${[one.service, one.layer, one.evidence].filter(Boolean).join(': ')}`));
  if (open.question !== null) {
    lines.push(style.bad(`  question  ${open.question.text}`));
    for (const { answer, meaning } of open.question.answers)
      lines.push(`  answer    baton resolve ${environment} ${answer}   ${style.quiet(meaning)}`);
  }
  return lines;
};

const routeLines = (status: StatusReport, style: Style): readonly string[] =>
  status.routes.map(
    ({ listen, host, path, service, pool, held }) =>
      `${listen}${host === null ? '' : ` ${host}`} ${path} -> ${service} ${style.quiet(pool)}${held ? style.warn(' held') : ''}`,
  );

const lastLine = ({ last }: StatusReport): string[] =>
  last === null ? [] : [`last: release ${last.release}, ${last.outcome}`];

const section = (lines: readonly string[]): readonly string[] => (lines.length === 0 ? [] : ['', ...lines]);

export const statusText = (status: StatusReport, environment: string, view: View): string => {
  const { style } = view;
  const lines = [
    headline(status, style),
    ...status.problems.map((problem) => `${style.bad('✗')} ${problem}`),
    ...section(status.open === null ? [] : openLines(status.open, environment, view)),
    ...section(status.instances.length === 0 ? ['nothing runs'] : instanceTable(status.instances, view)),
    ...section(status.batons.map((baton) => batonLine(baton, view))),
    ...section(routeLines(status, style)),
    ...section([
      ...(status.open === null ? lastLine(status) : []),
      ...status.warnings.map((text) => `${style.warn('!')} ${text}`),
    ]),
  ];
  return `${lines.join('\n')}\n`;
};
