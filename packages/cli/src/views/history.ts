import type { HistoryReport, ReleaseReport } from '@baton/api';
import { clockTime } from '../reporters/figures.ts';
import type { Style } from '../reporters/style.ts';
import { table } from '../reporters/table.ts';
import type { View } from './view.ts';

type Ending = ReleaseReport['outcomes'][number];

const outcomeText = ({ kind, outcome }: Ending, style: Style): string => {
  const text = kind === 'deploy' ? outcome : `${kind}: ${outcome}`;
  if (outcome === 'committed') return style.good(text);
  if (outcome === 'open' || outcome === 'stopped') return style.warn(text);
  return style.bad(text);
};

const rowsOf = (one: ReleaseReport, { style, now }: View): string[][] => {
  const name = `${one.release}${one.live ? style.good(' live') : ''}`;
  const [first, ...rest] = one.outcomes.toReversed();
  const source = [one.tag ?? '', one.gitCommit ?? ''];
  const row = (ending: Ending | undefined, head: readonly string[]): string[] => [
    head[0] ?? '',
    ending === undefined ? style.quiet('never live') : outcomeText(ending, style),
    clockTime(ending?.at ?? one.createdAt, now),
    head[1] ?? '',
    head[2] ?? '',
    ending?.by ?? one.createdBy,
    one.kept || head[0] === '' ? '' : style.warn('pruned'),
    ending === undefined || ending.outcome === 'committed' ? '' : ending.summary,
  ];
  return [row(first, [name, ...source]), ...rest.map((ending) => row(ending, ['', '', '']))];
};

/** Releases from the newest on, each with how its deployments ended. */
export const historyText = (history: HistoryReport, view: View): string => {
  if (history.releases.length === 0) return `${history.scope}: no release was ever made here\n`;
  const rows = history.releases.flatMap((one) => rowsOf(one, view));
  const headings = ['RELEASE', 'OUTCOME', 'WHEN', 'TAG', 'COMMIT', 'BY', 'COPY', 'SUMMARY'];
  return `${table(headings, rows, view.style, view.columns).join('\n')}\n`;
};
