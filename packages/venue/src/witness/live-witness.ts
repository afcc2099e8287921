import { setImmediate as turn } from 'node:timers/promises';
import type { Journal } from '../journal/index.ts';
import type { WitnessReport } from './report.ts';
import { Witness } from './witness.ts';

/** Entries read in one turn of the loop, so that a question to the witness delays no order for long. */
const SLICE = 512;

/** The witness of a running venue: it reads the journal's file on from where it stopped. */
export class LiveWitness {
  readonly #journal: Journal;
  readonly #witness = new Witness();
  #reading: Promise<void> | undefined;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Everything journaled before the call is in the answer. */
  async report(only?: string): Promise<WitnessReport> {
    const until = this.#journal.lastSeq;
    while (this.#witness.seq < until) {
      this.#reading ??= this.#advance().finally(() => {
        this.#reading = undefined;
      });
      await this.#reading;
    }
    return this.#witness.report(only);
  }

  async #advance(): Promise<void> {
    const after = this.#witness.seq;
    for (const entry of await this.#journal.read(after, SLICE - (after % SLICE))) this.#witness.observe(entry);
    await turn();
  }
}
