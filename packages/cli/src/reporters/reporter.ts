import type { AcceptedReport, StreamLine } from '@baton/api';
import type { Failure } from './failure.ts';

/** Says how a deployment goes. One file an implementation; all of them are fed the same lines. */
export interface Reporter {
  /** The goal was accepted and is followed from here. */
  accepted(accepted: AcceptedReport): void;
  line(line: StreamLine): void;
  /** A remark of the command itself, such as a daemon that is being waited for. */
  note(text: string): void;
  /** What Baton itself could not do; nothing follows it. */
  failed(failure: Failure): void;
  /** Leaves the screen as it should be found. */
  close(): void;
}
