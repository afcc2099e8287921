import { randomFillSync } from 'node:crypto';
import type { AnswerCheck } from './answer-check.ts';
import { downloadCheck, echoCheck, slowCheck, statusCheck } from './answer-check.ts';
import type { LoadPlan, RequestKind } from './plan.ts';
import { REQUEST_KINDS } from './plan.ts';
import type { Random } from './random.ts';
import { between } from './random.ts';

/** A request ready to be sent, with the check of its answer. */
export interface PreparedRequest {
  readonly kind: RequestKind;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body: Buffer | null;
  /** Delay that the request itself asks for. */
  readonly askedMs: number;
  /** Sent with `connection: close`, on a connection of its own. */
  readonly ownConnection: boolean;
  readonly check: AnswerCheck;
}

const STAMP_BYTES = 8;

/** Draws requests by the plan's shares. Bodies are random slices with a stamp of their own, so that no two are equal. */
export class RequestMix {
  readonly #plan: LoadPlan;
  readonly #random: Random;
  readonly #thresholds: readonly (readonly [RequestKind, number])[];
  readonly #noise: Buffer;
  #stamp = 0;

  constructor(plan: LoadPlan, random: Random) {
    this.#plan = plan;
    this.#random = random;
    const total = REQUEST_KINDS.reduce((sum, kind) => sum + plan.mix[kind], 0);
    let reached = 0;
    this.#thresholds = REQUEST_KINDS.filter((kind) => plan.mix[kind] > 0).map((kind) => {
      reached += plan.mix[kind] / total;
      return [kind, reached] as const;
    });
    this.#noise = plan.mix.post > 0 ? randomFillSync(Buffer.allocUnsafe(plan.postMaxBytes * 2)) : Buffer.alloc(0);
  }

  next(): PreparedRequest {
    const kind = this.#drawKind();
    const { paths, slowMs, bigMaxBytes } = this.#plan;
    const base = { kind, method: 'GET', body: null, askedMs: 0, ownConnection: false } as const;
    switch (kind) {
      case 'get':
        return { ...base, path: paths.status, check: statusCheck() };
      case 'get-close':
        return { ...base, path: paths.status, ownConnection: true, check: statusCheck() };
      case 'post': {
        const body = this.#drawBody();
        return { ...base, method: 'POST', path: paths.echo, body, check: echoCheck(body) };
      }
      case 'slow': {
        const askedMs = between(this.#random, slowMs[0], slowMs[1]);
        return { ...base, path: `${paths.slow}?ms=${askedMs}`, askedMs, check: slowCheck(askedMs) };
      }
      case 'big': {
        const bytes = between(this.#random, 1, bigMaxBytes);
        return { ...base, path: `${paths.big}?bytes=${bytes}`, check: downloadCheck(bytes) };
      }
    }
  }

  #drawKind(): RequestKind {
    const drawn = this.#random();
    for (const [kind, threshold] of this.#thresholds) if (drawn < threshold) return kind;
    return this.#thresholds.at(-1)?.[0] ?? 'get';
  }

  #drawBody(): Buffer {
    const { postMaxBytes } = this.#plan;
    const length = between(this.#random, 0, postMaxBytes);
    const from = between(this.#random, 0, postMaxBytes);
    const body = Buffer.from(this.#noise.subarray(from, from + length));
    this.#stamp += 1;
    if (length >= STAMP_BYTES) body.writeDoubleBE(this.#stamp, length - STAMP_BYTES);
    return body;
  }
}
