export interface ProofRequest {
  readonly seed: number;
  readonly budgetMs?: number;
  readonly cases?: number;
  readonly signal?: AbortSignal;
  readonly progress?: (line: string) => void;
}
export interface ProofViolation {
  readonly invariant: string;
  readonly detail: string;
  /** how to see it again: a command */
  readonly replay: string;
  readonly trace: readonly string[];
}
export interface ProofReport {
  readonly part: string;
  readonly cases: number;
  readonly steps: number;
  readonly violations: readonly ProofViolation[];
  /** figures of its own, and tables such as coverage */
  readonly figures: Readonly<Record<string, number | string>>;
  readonly tables: readonly {
    readonly title: string;
    readonly header: readonly string[];
    readonly rows: readonly (readonly string[])[];
  }[];
}
