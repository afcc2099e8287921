import { type JournalEntry, readWholeLines } from '../journal/index.ts';
import type { WitnessReport } from './report.ts';
import { Witness } from './witness.ts';

/** Analyses the journal in a file, of a venue that runs no more or of one that still does. */
export function analyseFile(path: string, only?: string): WitnessReport {
  const witness = new Witness();
  readWholeLines(path, 0, (entry: JournalEntry) => {
    witness.observe(entry);
    return true;
  });
  return witness.report(only);
}
