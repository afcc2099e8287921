import type { FailureSample } from './report.ts';
import type { Tally } from './tally.ts';

/** How a stream ended, as its client saw it. Times are monotonic milliseconds. */
export interface StreamEnd {
  readonly kind: 'web-socket' | 'event-stream';
  readonly singleton: boolean;
  readonly release: string | undefined;
  readonly openedMs: number;
  readonly endedMs: number;
  /** The client ended it itself, when its time had come. */
  readonly byClient: boolean;
  /** A close frame, or the end of the response; false for a reset and for silence. */
  readonly clean: boolean;
  /** WebSocket close code. */
  readonly code: number | undefined;
  readonly detail: string;
}

/** From `atMs` on, streams opened before it stay until `deadlineMs` has passed; only then may they be closed. */
export interface DrainNote {
  readonly atMs: number;
  readonly deadlineMs: number;
  /** Only streams of this release; absent: all. */
  readonly release?: string;
}

/** WebSocket close code "service restart" (IANA WebSocket close code registry, 1012). */
const SERVICE_RESTART = 1012;
const MAX_NOTES = 1_000;
const MAX_CUTS = 10_000;

/** Judges the ends of streams. A cut is judged again when a drain is announced after the fact. */
export class StreamLedger {
  readonly #tally: Tally;
  readonly #notes: DrainNote[] = [];
  #cuts: { readonly end: StreamEnd; readonly sample: FailureSample }[] = [];

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  countEnd(end: StreamEnd): void {
    const { streams } = this.#tally;
    const release = end.release ?? 'unknown';
    streams.byRelease[release] = (streams.byRelease[release] ?? 0) + 1;
    if (end.byClient) streams.completed += 1;
    else if (end.singleton && end.code === SERVICE_RESTART) streams.closed1012 += 1;
    else if (this.#notes.some((note) => covers(note, end))) streams.drained += 1;
    else this.#countCut(end);
  }

  noteDrain(note: DrainNote): void {
    this.#notes.push(note);
    if (this.#notes.length > MAX_NOTES) this.#notes.shift();
    this.#cuts = this.#cuts.filter((cut) => {
      if (!covers(note, cut.end)) return true;
      this.#tally.streams.cut -= 1;
      this.#tally.streams.drained += 1;
      this.#tally.forget(cut.sample);
      return false;
    });
  }

  #countCut(end: StreamEnd): void {
    this.#tally.streams.cut += 1;
    const detail = `${end.detail} after ${Math.round(end.endedMs - end.openedMs)} ms, release ${end.release ?? 'unknown'}`;
    const sample = this.#tally.sample({ kind: end.kind, verdict: 'cut', detail }, end.endedMs);
    if (this.#cuts.length < MAX_CUTS) this.#cuts.push({ end, sample });
  }
}

/** A drain closes cleanly: a reset is a cut, whatever was announced. */
const covers = (note: DrainNote, end: StreamEnd): boolean =>
  end.clean &&
  end.openedMs <= note.atMs &&
  end.endedMs >= note.atMs + note.deadlineMs &&
  (note.release === undefined || note.release === end.release);
