import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const LOOK_MS = 2_000;
/** Of the time between two looks; a collection takes some 50 ms, which nobody should wait for who is busy. */
const IDLE_UTILIZATION = 0.2;
/** Less is not worth a collection. */
const GROWTH_BYTES = 8 * 1024 * 1024;
/** V8 gives its pages back over several collections: another follows one that gave back so much. */
const WORTH_BYTES = 1024 * 1024;

type Collect = (options: { readonly type: 'major'; readonly flavor: 'last-resort' }) => void;

export interface IdleMemoryParts {
  /** Bytes that this process holds. */
  readonly residentBytes: () => number;
  /** Share of the time since the last look in which the event loop was busy, 0 to 1. */
  readonly utilization: () => number;
  readonly collect: () => void;
}

/**
 * Gives back what an event left behind once nothing happens any more. V8 collects when it allocates: a process that was
 * busy and is not any more would keep all of its garbage until it is busy again.
 */
export class IdleMemory {
  readonly #parts: IdleMemoryParts;
  #heldBytes = 0;
  #goesOn = false;

  constructor(parts: IdleMemoryParts) {
    this.#parts = parts;
  }

  look(): void {
    const { residentBytes, utilization, collect } = this.#parts;
    const beforeBytes = residentBytes();
    const isIdle = utilization() <= IDLE_UTILIZATION;
    if (!isIdle || (!this.#goesOn && beforeBytes - this.#heldBytes < GROWTH_BYTES)) return;
    collect();
    this.#heldBytes = residentBytes();
    this.#goesOn = beforeBytes - this.#heldBytes >= WORTH_BYTES;
  }
}

/** The collector as V8 itself offers it. There is no other way to it in a process that was started without its flag. */
const collector = (): Collect => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as Collect;
  setFlagsFromString('--no-expose-gc');
  return collect;
};

/** For as long as this process lives, and without keeping it alive. */
export const giveBackWhenIdle = (): void => {
  const collect = collector();
  let before = performance.eventLoopUtilization();
  const memory = new IdleMemory({
    residentBytes: () => process.memoryUsage.rss(),
    utilization: () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      before = now;
      return utilization;
    },
    collect: () => collect({ type: 'major', flavor: 'last-resort' }),
  });
  setInterval(() => memory.look(), LOOK_MS).unref();
};
