import { hash } from 'node:crypto';
import { matchesPattern } from './byte-pattern.ts';
import type { Answerer } from './expectations.ts';
import { answererOf } from './expectations.ts';

/** What an answer turned out to be. */
export interface Checked {
  readonly answerer: Answerer;
  /** What is untrue about it; undefined where it is right. */
  readonly wrong: string | undefined;
}

/** Reads the body of an answer that claims success, and says whether it is true. */
export interface AnswerCheck {
  take(chunk: Uint8Array): void;
  /** @param elapsedMs from the sending to the last byte */
  finish(elapsedMs: number): Checked;
}

const MAX_JSON_BYTES = 64 * 1024;
/** Timers may fire this much early against another clock. */
const EARLY_MS = 2;

/** A small JSON answer; `judge` says what is wrong about it. */
class JsonCheck implements AnswerCheck {
  readonly #judge: (value: unknown, answerer: Answerer, elapsedMs: number) => string | undefined;
  #bytes = 0;
  readonly #chunks: Uint8Array[] = [];

  constructor(judge: (value: unknown, answerer: Answerer, elapsedMs: number) => string | undefined) {
    this.#judge = judge;
  }

  take(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_JSON_BYTES) return;
    this.#chunks.push(chunk);
  }

  finish(elapsedMs: number): Checked {
    if (this.#bytes > MAX_JSON_BYTES)
      return { answerer: {}, wrong: `an answer of ${this.#bytes} bytes, expected a few` };
    const text = Buffer.concat(this.#chunks).toString();
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return { answerer: {}, wrong: `not JSON: ${text.slice(0, 120)}` };
    }
    const answerer = answererOf(value);
    return { answerer, wrong: this.#judge(value, answerer, elapsedMs) };
  }
}

/** The status must say which release answered. */
export const statusCheck = (): AnswerCheck =>
  new JsonCheck((_value, answerer) => (answerer.release === undefined ? 'the status names no release' : undefined));

/** The echo must give the body's own length and sha256. */
export const echoCheck = (body: Buffer): AnswerCheck =>
  new JsonCheck((value) => {
    const { sha256, length } = value as { readonly sha256?: unknown; readonly length?: unknown };
    if (length !== body.length) return `echo of ${String(length)} bytes, sent ${body.length}`;
    return sha256 === hash('sha256', body) ? undefined : `echo of another body: sha256 ${String(sha256)}`;
  });

/** A slow answer must not come before the delay that was asked for. */
export const slowCheck = (askedMs: number): AnswerCheck =>
  new JsonCheck((_value, _answerer, elapsedMs) =>
    elapsedMs < askedMs - EARLY_MS ? `answered after ${elapsedMs.toFixed(1)} ms, asked for ${askedMs}` : undefined,
  );

/** A download must have the length that was asked for and the pattern's bytes. */
export const downloadCheck = (bytes: number): AnswerCheck => {
  let offset = 0;
  let wrong: string | undefined;
  return {
    take(chunk) {
      if (wrong === undefined && !matchesPattern(chunk, offset)) wrong = `other bytes after ${offset} of ${bytes}`;
      offset += chunk.length;
    },
    finish() {
      if (wrong === undefined && offset !== bytes) wrong = `${offset} bytes, asked for ${bytes}`;
      return { answerer: {}, wrong };
    },
  };
};
