import { Readable } from 'node:stream';
import type { StreamLine } from '@baton/api';
import { EXIT_CODES, type GoalEvent } from '@baton/core';
import type { Environment } from '../environment/environment.ts';

const PAGE = 1_000;

const lineOf = (at: number, type: string, payload: Readonly<Record<string, unknown>>): StreamLine => ({
  kind: 'journal',
  at,
  type,
  payload,
});

/** What a journaled event means for whoever waits for the end. */
const endOf = (event: GoalEvent, at: number, release: number, generation: number): StreamLine | undefined => {
  if (event.type === 'operator.asked') return { kind: 'asked', at, question: event.question };
  if (event.type !== 'goal.closed') return undefined;
  return {
    kind: 'end',
    at,
    outcome: event.outcome,
    exitCode: EXIT_CODES[event.outcome],
    summary: event.summary,
    release,
    generation,
  };
};

/** One goal from its first entry: what the journal has, then what happens, until it ends or asks a person. */
async function* linesOf(environment: Environment, generation: number, signal: AbortSignal): AsyncGenerator<StreamLine> {
  const live = environment.followers.follow(signal);
  try {
    yield* merged(environment, generation, live);
  } finally {
    await live.return?.();
  }
}

async function* merged(
  environment: Environment,
  generation: number,
  live: AsyncIterableIterator<StreamLine>,
): AsyncGenerator<StreamLine> {
  let seq = 0;
  let release = 0;
  let answered = true;
  let asked: StreamLine | undefined;
  const seen = new Set<string>();
  for (;;) {
    const page = await environment.ports.store.readJournal(environment.key, seq, PAGE);
    for (const entry of page) {
      seq = entry.seq;
      const payload = entry.payload as unknown as Record<string, unknown> & { readonly generation?: number };
      if (payload.generation !== generation) continue;
      const event = { type: entry.type, ...payload } as unknown as GoalEvent;
      if (event.type === 'goal.opened') release = event.goal.release;
      const { generation: _, ...rest } = payload;
      seen.add(`${entry.type} ${JSON.stringify(rest)}`);
      yield lineOf(entry.at, entry.type, rest);
      const end = endOf(event, entry.at, release, generation);
      if (end?.kind === 'end') {
        yield end;
        return;
      }
      if (end !== undefined) {
        asked = end;
        answered = false;
      }
      if (event.type === 'operator.answered') answered = true;
    }
    if (page.length < PAGE) break;
  }
  if (!answered && asked !== undefined) {
    yield asked;
    return;
  }
  for (;;) {
    const next = await live.next();
    if (next.done === true) return;
    const line = next.value;
    // What was read from the journal may have been published too, in the moment between.
    if (line.kind === 'journal' && seen.delete(`${line.type} ${JSON.stringify(line.payload)}`)) continue;
    yield line;
    if (line.kind === 'end' || line.kind === 'asked') return;
  }
}

/** The stream as bytes, one JSON object a line. */
export const eventStream = (environment: Environment, generation: number, signal: AbortSignal): Readable => {
  const lines = linesOf(environment, generation, signal);
  return Readable.from(
    (async function* () {
      for await (const line of lines) yield `${JSON.stringify(line)}\n`;
    })(),
  );
};
