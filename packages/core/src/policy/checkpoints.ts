import type { Move, Side } from '../goal/goal.ts';
import type { Finding } from '../ports/target.ts';

const formatsOf = (side: Side): { readonly writes: string | undefined; readonly reads: readonly string[] } => ({
  writes: side.pinned.spec.singleton?.checkpoint?.writes,
  reads: side.pinned.spec.singleton?.checkpoint?.reads ?? [],
});

const list = (formats: readonly string[]): string => (formats.length === 0 ? 'none' : formats.join(', '));

const findingOf = ({ service, from, to }: Move, irreversible: boolean): readonly Finding[] => {
  if (from === null || to === null) return [];
  const subject = `checkpoint of ${service}`;
  const [before, after] = [formatsOf(from), formatsOf(to)];
  const problem =
    before.writes !== undefined && !after.reads.includes(before.writes)
      ? `release ${to.release} reads ${list(after.reads)}, and what release ${from.release} has learned is in ${before.writes}`
      : after.writes !== undefined && !before.reads.includes(after.writes)
        ? `release ${to.release} writes ${after.writes}, and release ${from.release} reads ${list(before.reads)}: there would be no way back with what was learned`
        : undefined;
  if (problem === undefined) return [];
  if (irreversible) return [{ ok: true, subject, message: `${problem} (accepted with --irreversible)` }];
  const hint = 'Release a version that reads both formats first, or say --irreversible where that state may be lost.';
  return [{ ok: false, subject, message: problem, hint }];
};

/**
 * Whether each singleton that moves reads what its predecessor has written, and could be gone back from.
 * A release that declares no format reads none: what is not known is not good news. Source: PROTOCOL, "A bad holder".
 */
export const checkpointFindings = (moves: readonly Move[], irreversible: boolean): readonly Finding[] =>
  moves.flatMap((move) => findingOf(move, irreversible));
