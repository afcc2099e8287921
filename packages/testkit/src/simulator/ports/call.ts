import { BatonError } from '@baton/core';
import type { CallPort, FaultKind } from '../faults.ts';
import type { SimProcess } from '../sim-process.ts';
import type { SimWorld } from '../world/world.ts';

/** One call through a port, as the scheduler sees it. */
export interface PortCall<T> {
  readonly port: CallPort;
  readonly method: string;
  /** What it is about, for the trace. */
  readonly subject: string;
  /** Done by another process: once sent it may take effect although the caller is gone. */
  readonly remote: boolean;
  readonly timeoutMs: number;
  /** The whole effect, in one step. A promise is of what the other side still waits for. */
  readonly effect: () => T | Promise<T>;
  /** True where the other side may keep the caller waiting, so that the wait needs its bound. */
  readonly mayWait?: () => boolean;
  /** What the caller sees where no answer comes in time. */
  readonly unanswered: () => T | Promise<T>;
}

export const silent = (what: string, code: string): BatonError =>
  new BatonError(code, `${what} did not answer in time`, { hint: 'This is a simulated fault.' });

type Turn = 'before' | 'after' | 'late' | 'repeated' | 'reordered' | 'none';

const TURNS: Readonly<Partial<Record<FaultKind, Turn>>> = {
  'store-fails-before': 'before',
  'store-full': 'before',
  'store-read-fails': 'before',
  'store-fails-after': 'after',
  'target-fails-before': 'before',
  'death-unconfirmed': 'before',
  'target-answer-lost': 'after',
  'target-late': 'late',
  'target-blind': 'before',
  'call-lost': 'before',
  'call-answer-lost': 'after',
  'call-late': 'late',
  'call-repeated': 'repeated',
  'call-reordered': 'reordered',
  'gateway-call-lost': 'before',
  'gateway-answer-lost': 'after',
  'gateway-call-late': 'late',
  'gateway-call-repeated': 'repeated',
  'venue-silent': 'before',
  'venue-late': 'late',
  'health-flaps': 'before',
  'health-late': 'late',
};

/**
 * Makes a call of a simulated process: when it takes effect, whether, how often, and when its answer comes, is
 * the scheduler's and the fault injector's alone.
 */
export const portCall = async <T>(world: SimWorld, process: SimProcess, call: PortCall<T>): Promise<T> => {
  if (world.spins()) return await new Promise<T>(() => undefined);
  const name = `${process.name} ${call.port}.${call.method} ${call.subject}`;
  const fault = world.injector.strike(process, call.port, call.method);
  const turn: Turn = fault === undefined ? 'none' : (TURNS[fault] ?? 'none');
  // A kill or a pause in this very moment: what is local has not happened, what was sent may.
  if (!process.alive) {
    if (call.remote && world.random.below(2) === 0)
      world.scheduler.at(world.random.below(30), `${name} takes effect after its sender's end`, () => {
        void attempt(call.effect).catch(() => undefined);
        return true;
      });
    return await new Promise<T>(() => undefined);
  }
  if (turn === 'none' && !process.paused && world.random.next() < world.scenario.instantShare) {
    world.scheduler.note(name);
    return await answered(world, process, name, call, attempt(call.effect));
  }
  return await new Promise<T>((resolve, reject) => {
    const effect = (): Promise<T> => attempt(call.effect);
    const answer = (work: Promise<T>): void => {
      answered(world, process, name, call, work).then(resolve, reject);
    };
    const giveUp = (): void => {
      world.scheduler.at(call.timeoutMs, `${name} is given up`, () =>
        process.deliver(() => {
          attempt(call.unanswered).then(resolve, reject);
        }),
      );
    };
    const soon = world.random.below(4);
    const begin = (what: string, act: () => void): void => {
      world.scheduler.at(soon, `${name}${what}`, () => {
        if (call.remote) {
          act();
          return true;
        }
        return process.deliver(act);
      });
    };
    switch (turn) {
      case 'before':
        if (call.port === 'store' || call.port === 'target')
          begin(` fails (${fault})`, () => {
            process.deliver(() => {
              attempt(call.unanswered).then(resolve, reject);
            });
          });
        else giveUp();
        return;
      case 'after':
        begin(` takes effect, its answer is lost (${fault})`, () => {
          void effect().catch(() => undefined);
          if (call.port === 'store') process.deliver(() => void attempt(call.unanswered).then(resolve, reject));
          else giveUp();
        });
        return;
      case 'late':
        begin(` (its answer is late)`, () => {
          const work = effect();
          work.catch(() => undefined);
          world.scheduler.at(world.random.below(Math.max(2, call.timeoutMs * 0.9)), `${name} is answered late`, () => {
            answer(work);
            return true;
          });
        });
        return;
      case 'repeated':
        begin('', () => answer(effect()));
        world.scheduler.at(soon + world.random.below(400), `${name} arrives a second time`, () => {
          strayed(world, effect);
          return true;
        });
        return;
      case 'reordered':
        giveUp();
        world.scheduler.at(call.timeoutMs + world.random.below(1_500), `${name} arrives after it was given up`, () => {
          strayed(world, effect);
          return true;
        });
        return;
      case 'none':
        begin('', () => answer(effect()));
    }
  });
};

const strayed = <T>(world: SimWorld, effect: () => Promise<T>): void => {
  world.stray = true;
  void effect().catch(() => undefined);
  world.stray = false;
};

const attempt = async <T>(work: () => T | Promise<T>): Promise<T> => await work();

/** The answer goes to the process when it runs; where the other side never answers, the wait has its bound. */
const answered = async <T>(
  world: SimWorld,
  process: SimProcess,
  name: string,
  call: PortCall<T>,
  work: Promise<T>,
): Promise<T> =>
  await new Promise<T>((resolve, reject) => {
    let done = false;
    const end = (goOn: () => void): void => {
      if (done) return;
      done = true;
      process.deliver(goOn);
    };
    work.then(
      (value) => end(() => resolve(value)),
      (error: unknown) => end(() => reject(error instanceof Error ? error : new Error(String(error)))),
    );
    if (call.mayWait?.() !== true) return;
    world.scheduler.at(call.timeoutMs, `${name} is given up`, () => {
      if (done) return false;
      end(() => void attempt(call.unanswered).then(resolve, reject));
      return true;
    });
  });
