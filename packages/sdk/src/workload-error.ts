/** Who can mend it: the author of the workload, or the surroundings it was started in. */
export type WorkloadFault = 'user' | 'environment';

/** What the SDK throws on purpose. Branch on {@link code}, never on the text. */
export class WorkloadError extends Error {
  override readonly name = 'WorkloadError';
  readonly code: string;
  /** What to do next, one sentence. */
  readonly hint: string;
  readonly fault: WorkloadFault;

  constructor(code: string, message: string, hint: string, fault: WorkloadFault = 'environment', cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
    this.fault = fault;
  }
}
