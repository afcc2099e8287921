import type { EmergencyStopReport } from '@baton/api';
import type { View } from './view.ts';

/** LATCHED until every death is confirmed, STOPPED then; and what is left for a person. */
export const emergencyText = (report: EmergencyStopReport, environment: string, { style }: View): string => {
  const stopped = report.state === 'STOPPED';
  const traded = report.latched.length > 0 || Object.keys(report.cancelled).length > 0;
  const lines = [
    stopped
      ? style.good('STOPPED: nothing acts')
      : style.bad('LATCHED: nothing new may act, and not every death is confirmed'),
    ...report.latched.map((key) => `  latched   ${key}`),
    ...report.instances.map(({ service, instance, proof, problem }) => {
      const what = [service, instance.slice(0, 8)].filter((part) => part !== '').join(' ');
      return proof === null
        ? style.bad(`  not dead  ${what}: ${problem ?? 'no proof'}`)
        : `  dead      ${what} (${proof})`;
    }),
    ...Object.entries(report.cancelled).map(([account, orders]) =>
      typeof orders === 'number'
        ? `  venue     ${account}: ${orders} open orders cancelled`
        : style.bad(`  venue     ${account}: ${orders}`),
    ),
    stopped
      ? `  next      ${traded ? 'look at the account at the venue; then: ' : ''}baton arm ${environment}`
      : `  next      kill what is not dead by hand, then: baton stop ${environment} --emergency`,
  ];
  return `${lines.join('\n')}\n`;
};
