/** A request that cannot be carried out; the answer's body is `{error, message, ...more}`. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly status: number;
  readonly code: string;
  readonly more: Readonly<Record<string, unknown>>;

  constructor(status: number, code: string, message: string, more: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.more = more;
  }
}

export const badRequest = (message: string): HttpProblem => new HttpProblem(422, 'bad-request', message);
