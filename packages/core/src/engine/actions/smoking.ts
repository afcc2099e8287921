import type { SmokeCheck } from '../../app/index.ts';
import { isCold, isReady } from '../../decide/lookup.ts';
import type { InstanceView } from '../../decide/world.ts';
import type { Side } from '../../goal/goal.ts';
import type { Violation } from '../../health/view.ts';
import { momentOf } from '../../moment.ts';
import type { Session } from '../session.ts';

const SMOKE_TIMEOUT_MS = 10_000;

const tryOne = async (session: Session, view: InstanceView, check: SmokeCheck): Promise<string | undefined> => {
  if (check.http !== undefined) {
    const { port, path, status } = check.http;
    const address = view.addresses[port];
    if (address === undefined) return `port ${port} is not published by the target`;
    const answer = await session.ports.prober.http(address, path, SMOKE_TIMEOUT_MS);
    if (!answer.ok) return `GET ${path}: ${answer.reason}`;
    return answer.status === status ? undefined : `GET ${path} answered ${answer.status} where ${status} was expected`;
  }
  try {
    const result = await session.ports.target.exec(view.instance, check.command ?? [], SMOKE_TIMEOUT_MS);
    return result.code === 0 ? undefined : `exited with code ${result.code}: ${result.stderr.slice(0, 160)}`;
  } catch (error) {
    return `could not run: ${error instanceof Error ? error.message : String(error)}`;
  }
};

const trySide = async (session: Session, service: string, side: Side): Promise<Violation[]> => {
  const views = session.instances.known ? session.instances.value : [];
  const view = views.find(
    (one) =>
      one.service === service &&
      one.slot === side.slot &&
      one.release === side.release &&
      isReady(one, side.pinned.spec),
  );
  const failed: Violation[] = [];
  // A cold singleton is not there yet; anything else that is not there now was not tried, and so has not passed.
  if (view === undefined && isCold(side)) return failed;
  for (const check of side.pinned.spec.smoke) {
    const problem = view === undefined ? 'no healthy instance to try it on' : await tryOne(session, view, check);
    if (problem !== undefined)
      failed.push({ layer: 'smoke', service, instance: view?.instance ?? '', evidence: `${check.name}: ${problem}` });
  }
  return failed;
};

/** Tries the idle slot as a client would, before it takes traffic. */
export const smoke = async (session: Session): Promise<void> => {
  await session.intend('smoke', 'idle slot');
  const violations: Violation[] = [];
  for (const move of session.goal.moves) {
    if (move.to !== null) violations.push(...(await trySide(session, move.service, move.to)));
  }
  const verdict = { check: 'smoke' as const, passed: violations.length === 0, violations };
  await session.record({ type: 'verdict', at: momentOf(session.ports.clock), verdict });
};
