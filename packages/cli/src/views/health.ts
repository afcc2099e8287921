import type { InstanceReport, StatusReport } from '@baton/api';
import { healthWord, instanceTable, sorted } from './instances.ts';
import type { View } from './view.ts';

/** Up, healthy, and the release that it should be. An idle slot's dead instances are no illness of it. */
export const isWell = (one: InstanceReport): boolean =>
  healthWord(one) === 'healthy' || (!one.live && healthWord(one) === 'dead');

export interface HealthShown {
  readonly healthy: boolean;
  readonly slot: string | undefined;
  readonly verbose: boolean;
}

const detailLines = (one: InstanceReport, { style }: View): string[] => {
  const { health } = one;
  const addresses = Object.entries(one.addresses).map(([port, address]) => `${port} at ${address}`);
  const lines = [
    `${one.service} ${one.instance.slice(0, 8)}: ${healthWord(one)}, ${one.state}, ${one.handle}`,
    `  answers   ${health.successes} good in a row; identity ${health.identity}`,
    ...(addresses.length === 0 ? [] : [`  ports     ${addresses.join(', ')}`]),
    ...health.violations.map((violation) => style.bad(`  ${violation.layer.padEnd(9)} ${violation.evidence}`)),
    ...(health.lastFailure === undefined ? [] : [`  last bad  ${health.lastFailure}`]),
    ...(one.exit === null ? [] : [`  exit      ${one.exit}`]),
  ];
  return lines;
};

const shortReason = (one: InstanceReport): string =>
  one.health.violations.map(({ layer, evidence }) => `${layer}: ${evidence}`).join('; ') ||
  one.health.lastFailure ||
  one.exit ||
  `it is ${one.state}`;

export const healthText = (
  status: StatusReport,
  instances: readonly InstanceReport[],
  shown: HealthShown,
  view: View,
): string => {
  const { style } = view;
  const where = shown.slot === undefined ? status.scope : `${status.scope} ${shown.slot}`;
  const word = shown.healthy ? style.good('healthy') : style.bad('not healthy');
  const ill = sorted(instances).filter((one) => !isWell(one));
  const lines = [
    `${style.strong(where)}: ${instances.length === 0 ? style.bad('nothing runs there') : word}`,
    ...(shown.slot === undefined ? status.problems.map((problem) => `${style.bad('✗')} ${problem}`) : []),
    ...(instances.length === 0 ? [] : ['', ...instanceTable(instances, view)]),
  ];
  if (shown.verbose) for (const one of sorted(instances)) lines.push('', ...detailLines(one, view));
  else if (ill.length > 0)
    lines.push(
      '',
      ...ill.map((one) => `${style.bad('✗')} ${one.service} ${one.instance.slice(0, 8)}: ${shortReason(one)}`),
    );
  return `${lines.join('\n')}\n`;
};
