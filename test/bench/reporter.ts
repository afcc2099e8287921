import { arch, availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import type { SectionReport } from './run-sections.ts';
import type { BenchTarget } from './section.ts';
import { renderTable } from './table.ts';

/** What the figures were taken on; asked before the first section, so that the load is that of others. */
export const machine = () => ({
  loadBefore: loadavg()[0] ?? 0,
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  memoryBytes: totalmem(),
  architecture: arch(),
  kernel: release(),
  node: process.version,
});

export type Machine = ReturnType<typeof machine>;

/** Above this, others take a part of the machine that the figures would need. */
const BUSY_SHARE = 0.25;

/** The first lines for a person. */
export const renderHeader = (target: BenchTarget, { cores, cpu, node, loadBefore }: Machine): string => {
  const header = `Baton bench, target ${target}, ${cores} cores of ${cpu}, Node ${node}\n`;
  if (loadBefore <= cores * BUSY_SHARE) return header;
  return `${header}The machine is busy with something else (load ${loadBefore.toFixed(1)}): the figures are worse and less certain than its own.\n`;
};

/** The one object of `--json`. */
export const jsonReport = (target: BenchTarget, startedAt: Date, taken: Machine, reports: readonly SectionReport[]) => {
  const missed = reports.flatMap((report) => report.bounds.filter((bound) => !bound.met));
  return {
    ok: missed.length === 0 && reports.every((report) => report.error === undefined),
    startedAt: startedAt.toISOString(),
    target,
    machine: taken,
    sections: reports,
    missed: missed.map(({ line }) => line),
  };
};

/** One section for a person. */
export const renderSection = (report: SectionReport): string => {
  const parts = [`\n${report.title}  (${report.name}, ${(report.durationMs / 1_000).toFixed(1)} s)\n`];
  if (report.error !== undefined) parts.push(`failed: ${report.error}`);
  if (report.skipped !== undefined) parts.push(`skipped: ${report.skipped}`);
  if (report.rows.length > 0) parts.push(renderTable(report.rows));
  parts.push(...report.notes.map((note) => `* ${note}`), ...report.bounds.map(({ line }) => line));
  return `${parts.join('\n')}\n`;
};

/** Progress on standard error: one line that is rewritten in a terminal, nothing in a pipe. */
export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  show(text: string): void {
    if (this.#stream.isTTY) this.#stream.write(`\r\u001b[K${text.slice(0, this.#stream.columns - 1)}`);
  }

  clear(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\u001b[K');
  }
}
