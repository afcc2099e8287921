import type { Failure } from './attribution.ts';
import type { StreamEnd } from './stream-ledger.ts';

/** What the owner of a stream is told. `onRefused` or `onOpen` first, then after `onOpen` exactly one `onEnd`. */
export interface StreamObserver {
  onOpen(): void;
  onRefused(failure: Failure, status: number | undefined): void;
  onMessage(): void;
  /** A message missing, repeated, or not what was sent. */
  onWrong(detail: string): void;
  onEnd(end: StreamEnd): void;
}

/** A stream in progress. */
export interface LiveStream {
  /** Ends it as the client's own decision; one that is still opening first waits for the answer, so that its failure counts. */
  close(): void;
}

/** Where and how to open one. */
export interface StreamTarget {
  readonly base: string;
  readonly host: string | undefined;
  readonly path: string;
  readonly lifetimeMs: number;
  readonly stallMs: number;
  readonly openTimeoutMs: number;
  readonly singleton: boolean;
  readonly firstNumber: number | null;
  /** Marks this stream's own messages. */
  readonly id: string;
}
