import type { AuditReport } from '@baton/api';
import type { FileAudit } from '@baton/store-sqlite';
import { clockTime, count } from '../reporters/figures.ts';
import { cut, harmless } from '../reporters/width.ts';
import type { View } from './view.ts';

const PAYLOAD_COLUMNS = 160;

const faultText = (stream: string, seq: number, problem: string): string =>
  `${stream}: broken at entry ${seq}: ${problem}`;

/** The newest entries, one a line, and what became of the check. */
export const auditText = (report: AuditReport, verify: boolean, view: View): string => {
  const { style, now, columns } = view;
  const lines = report.entries.map(({ seq, at, type, payload }) => {
    const head = `${String(seq).padStart(5)}  ${clockTime(at, now)}  ${type.padEnd(18)} `;
    const room = Math.min(PAYLOAD_COLUMNS, columns - head.length - 1);
    return `${head}${style.quiet(cut(harmless(JSON.stringify(payload)), room))}`;
  });
  if (verify) {
    const last = report.entries.at(-1);
    const end = last === undefined ? '' : `; its last hash is ${last.hash}`;
    lines.push(
      report.fault === null
        ? `${style.good('✓')} ${report.scope}: the journal is whole${end}`
        : `${style.bad('✗')} ${faultText(report.fault.stream, report.fault.seq, report.fault.problem)}`,
    );
  }
  return lines.length === 0 ? `${report.scope}: the journal is empty\n` : `${lines.join('\n')}\n`;
};

/** The check of a store's file that no daemon has open. */
export const fileAuditText = (audit: FileAudit, { style }: View): string => {
  const lines = [
    style.quiet(`checked without the daemon: ${audit.file}`),
    ...audit.problems.map((problem) => `${style.bad('✗')} the file is damaged: ${problem}`),
    ...audit.streams.map(({ stream, entries, hash, fault }) =>
      fault === undefined
        ? `${style.good('✓')} ${stream}: ${count(entries, 'entry', 'entries')}, whole; its last hash is ${hash}`
        : `${style.bad('✗')} ${faultText(stream, fault.seq, fault.problem)}`,
    ),
  ];
  if (!audit.ok) lines.push(`${style.warn('hint:')} keep this file as it is, and put a backup in its place.`);
  return `${lines.join('\n')}\n`;
};
