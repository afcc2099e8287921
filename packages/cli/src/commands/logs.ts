import { type LogReport, paths } from '@baton/api';
import { BatonError } from '@baton/core/errors';
import { withRunningDaemon } from '../connection/index.ts';
import { EXIT } from '../exit-code.ts';
import type { Command, Invocation } from '../program/index.ts';
import { type Place, placeOf } from '../project/index.ts';
import { logLine } from '../views/logs.ts';
import { viewOf } from '../views/view.ts';

const POLL_MS = 400;
const DEFAULT_LIMIT = 200;
/** A follower asks for more at once than a person reads, so that a burst between two looks is not cut. */
const FOLLOW_LIMIT = 5_000;

type Line = LogReport['lines'][number];

const reader = (
  { context, flags }: Invocation,
  place: Place,
): ((sinceMs: number, limit: number) => Promise<readonly Line[]>) => {
  const [service, ...more] = flags.service ?? [];
  if (more.length > 0) {
    throw new BatonError('usage', 'One service at a time can be asked for its log, or all of them.', {
      fault: 'user',
      hint: `For example: baton logs ${place.environment} --service ${service}`,
    });
  }
  const path = paths.logs(place.app, place.environment);
  return async (sinceMs, limit) => {
    const query = new URLSearchParams({ since: String(Math.max(0, Math.floor(sinceMs))), limit: String(limit) });
    if (service !== undefined) query.set('service', service);
    if (flags.slot !== undefined) query.set('slot', flags.slot);
    const report = await withRunningDaemon(place.stateDir, context, (client) =>
      client.get<LogReport>(`${path}?${query.toString()}`),
    );
    return report.lines;
  };
};

/** Lines that were not shown yet; several may carry the same millisecond. */
class Seen {
  #at = 0;
  #keys = new Map<string, number>();

  get at(): number {
    return this.#at;
  }

  fresh(lines: readonly Line[]): readonly Line[] {
    const counted = new Map<string, number>();
    const fresh = lines.filter((line) => {
      if (line.at < this.#at) return false;
      if (line.at > this.#at) return true;
      const key = `${line.instance} ${line.stream} ${line.text}`;
      const nth = (counted.get(key) ?? 0) + 1;
      counted.set(key, nth);
      return nth > (this.#keys.get(key) ?? 0);
    });
    for (const line of fresh) {
      if (line.at > this.#at) {
        this.#at = line.at;
        this.#keys = new Map();
      }
      const key = `${line.instance} ${line.stream} ${line.text}`;
      this.#keys.set(key, (this.#keys.get(key) ?? 0) + 1);
    }
    return fresh;
  }
}

export const run: Command = async (invocation) => {
  const { context, flags, args } = invocation;
  const place = await placeOf(invocation, args[0]);
  const read = reader(invocation, place);
  const asked = flags.since ?? 0;
  const sinceMs = asked < 0 ? context.now() + asked : asked;
  const show = (lines: readonly Line[]): void => {
    const view = viewOf(context);
    for (const line of lines)
      context.stdout.write(flags.json === true ? `${JSON.stringify(line)}\n` : `${logLine(line, view)}\n`);
  };
  const seen = new Seen();
  show(seen.fresh(await read(sinceMs, flags.limit ?? DEFAULT_LIMIT)));
  if (flags.follow !== true) return EXIT.done;
  const ended = AbortSignal.any([context.interrupted, context.stdout.closed]);
  while (!ended.aborted) {
    await context.sleep(POLL_MS, ended).catch(() => undefined);
    if (!ended.aborted) show(seen.fresh(await read(Math.max(sinceMs, seen.at), FOLLOW_LIMIT)));
  }
  return context.interrupted.aborted ? EXIT.interrupted : EXIT.done;
};
