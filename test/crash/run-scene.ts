import { copyFileSync, cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type BatonRecord,
  batonRecordKey,
  type EnvironmentRecord,
  environmentRecordKey,
  type JournalEntry,
  type Store,
} from '@baton/core';
import { openSqliteStore } from '@baton/store-sqlite';
import { fakeClock } from '@baton/testkit';
import { SCOPE, SCOPE_KEY } from './crash-app.ts';
import { brokenStanding } from './judge-end.ts';
import { type CrashPoint, Life, type Shared } from './life.ts';
import { emptyLiving, type LivingState } from './living-state.ts';
import { LivingWorld } from './living-world.ts';
import type { Heard, Request, Scene } from './scenes.ts';
import { Witness } from './witness.ts';

/** How a scene left everything: a folder with the store's file and the latch, and the world beside it. */
export interface Snapshot {
  readonly folder: string;
  readonly living: LivingState;
}

export interface SceneRun {
  readonly writes: number;
  readonly lives: number;
  /** How it ended, in a form that two runs compare by. */
  readonly end: string;
  readonly broken: readonly string[];
  /** Types of the entries that this scene wrote. */
  readonly trace: readonly string[];
  readonly snapshot: Snapshot;
}

/** Steps of the clock; a scene takes some hundred. */
const MAX_STEPS = 6_000;
/** After its end it must stay as it is: longer than supervision sleeps. */
const AFTERMATH_MS = 1_200;
/** Longer than the lease of a driver. */
const LEASE_MS = 31_000;

/** After the second crash of such a run nobody drives for longer than any deadline. */
export const outlivesLease = (points: readonly CrashPoint[]): boolean => (points[1]?.write ?? 0) % 2 === 1;

const readAll = async (store: Store): Promise<readonly JournalEntry[]> => {
  const entries: JournalEntry[] = [];
  for (const stream of await store.streams()) entries.push(...(await store.readJournal(stream, 0, 100_000)));
  return entries;
};

/** Runs one scene, over as many lives of drivers as its crash points take. */
class Play {
  readonly shared: Shared;
  readonly scene: Scene;
  readonly before: number;
  lives = 0;
  confirmed = false;
  #life: Life | undefined;
  #asking: Request | undefined;

  constructor(scene: Scene, shared: Shared) {
    this.scene = scene;
    this.shared = shared;
    this.before = shared.witness.journal.length;
  }

  heard(): Heard {
    const entries = this.shared.witness.journal.slice(this.before);
    const count = (type: string): number => entries.filter((entry) => entry.type === type).length;
    return {
      opened: count('goal.opened'),
      closed: count('goal.closed'),
      types: new Set(entries.map(({ type }) => type)),
      confirmed: this.confirmed,
    };
  }

  /** One that lives: the last one, or a new process that has taken its place. */
  async #living(): Promise<Life> {
    if (this.#life !== undefined && !this.#life.dead) return this.#life;
    if (this.lives > 0 && this.#waitsForLease()) await this.shared.clock.advance(LEASE_MS);
    const life = new Life(this.shared);
    this.#life = life;
    this.#asking = undefined;
    this.lives += 1;
    // A daemon that cannot take its lock ends, and is started again.
    life.environment.start().catch(() => life.end());
    return life;
  }

  /** A driver is taken over at once where it is seen to be dead; after every other second crash its lease runs out. */
  #waitsForLease(): boolean {
    return this.lives > 1 && outlivesLease(this.shared.points);
  }

  #ask(life: Life): void {
    if (this.#asking !== undefined || life.environment.lock.grant === undefined) return;
    const heard = this.heard();
    const next = this.scene.requests.find((request) => !request.isHeard(heard));
    if (next?.isDue(heard) !== true) return;
    this.#asking = next;
    const said = (isDone: boolean): void => {
      if (life !== this.#life) return;
      this.#asking = undefined;
      if (isDone && this.shared.witness.entries('latch.set').length > 0) this.confirmed = true;
    };
    next.ask(life).then(said, () => said(false));
  }

  #isOver(): boolean {
    const heard = this.heard();
    return (
      this.scene.requests.every((request) => request.isHeard(heard)) && this.scene.isOver(heard, this.shared.witness)
    );
  }

  /** True where it came to its end, and stayed there. */
  async run(): Promise<boolean> {
    const { clock } = this.shared;
    let over: number | undefined;
    for (let step = 0; step < MAX_STEPS; step += 1) {
      const life = await this.#living();
      this.#ask(life);
      await clock.advanceToNext();
      if (!this.#isOver()) over = undefined;
      else over ??= clock.monotonicMs();
      if (over !== undefined && !life.dead && clock.monotonicMs() - over > AFTERMATH_MS) return true;
    }
    return false;
  }

  end(): void {
    this.#life?.end();
  }
}

const restored = (snapshot: Snapshot | undefined, folder: string): LivingState => {
  mkdirSync(folder, { recursive: true });
  if (snapshot === undefined) return emptyLiving();
  copyFileSync(join(snapshot.folder, 'state.db'), join(folder, 'state.db'));
  const latch = join(snapshot.folder, 'latch');
  if (existsSync(latch)) cpSync(latch, join(folder, 'latch'), { recursive: true });
  return structuredClone(snapshot.living);
};

/** How everything stands, without what a crash may change: slots, tokens, times. */
const standing = async (store: Store, { state }: LivingWorld, { compares }: Scene): Promise<string> => {
  const environment = (await store.get(environmentRecordKey(SCOPE_KEY)))?.value as unknown as EnvironmentRecord;
  const baton = (await store.get(batonRecordKey('account/main')))?.value as unknown as BatonRecord | undefined;
  const running = state.instances.filter(({ alive }) => alive).map(({ observation }) => observation);
  // That its death is not written down yet changes nothing: the next handover asks for it again.
  const unproven = running.some(({ instance }) => instance === baton?.unproven?.instance);
  const holder = baton?.holder == null ? 'nobody' : `release ${baton.holder.release}`;
  const ofBaton = `held by ${holder}${unproven ? ', one unproven' : ''}${baton?.latch == null ? '' : ', latched'}`;
  const named = (services: readonly string[]): string => services.toSorted().join(' ') || 'nothing';
  if (compares === 'the baton') {
    const bots = running.filter(({ service }) => service === 'bot').map(({ release }) => `bot:${release}`);
    return `${ofBaton}; running ${named(bots)}`;
  }
  const { live, release, stopped, last } = environment;
  const lives = Object.entries(live).map(([service, placed]) => `${service}:${placed.release}`);
  const outcome = `${last?.outcome ?? 'nothing ended'}${stopped ? ', stopped' : ''}`;
  const all = running.map((one) => `${one.service}:${one.release}`);
  return `${outcome}: release ${release}, live ${named(lives)}; ${ofBaton}; running ${named(all)}`;
};

/**
 * Runs a scene from a snapshot in a folder of its own, hit at the given points; every driver that is hit is gone for
 * ever, and another goes on from the file.
 */
export const runScene = async (
  scene: Scene,
  from: Snapshot | undefined,
  folder: string,
  points: readonly CrashPoint[],
): Promise<SceneRun> => {
  const state = restored(from, folder);
  const store = await openSqliteStore({ file: join(folder, 'state.db') });
  try {
    const clock = fakeClock({ wallMs: state.wallMs, monotonicMs: state.monotonicMs });
    const witness = new Witness(state, await readAll(store), new Set(['bot']));
    const world = new LivingWorld(state, witness, clock);
    const shared: Shared = { scope: SCOPE, stateDir: folder, store, clock, world, witness, points, writes: 0 };
    scene.happens?.(world);
    const play = new Play(scene, shared);
    const converged = await play.run();
    const { writes } = shared;
    play.end();
    if (!converged) witness.break('every run converges: it came to no end');
    else for (const rule of await brokenStanding(store, world, witness)) witness.break(rule);
    state.wallMs = clock.wallMs();
    state.monotonicMs = clock.monotonicMs();
    return {
      writes,
      lives: play.lives,
      end: await standing(store, world, scene),
      broken: [...witness.broken],
      trace: witness.journal.slice(play.before).map(describe),
      snapshot: { folder, living: state },
    };
  } finally {
    await store.close();
  }
};

const describe = ({ type, payload }: { readonly type: string; readonly payload: unknown }): string => {
  const { action, subject, step, message, outcome, summary, service } = payload as Readonly<Record<string, unknown>>;
  const said = [action, subject, service, step, message, outcome, summary].filter((part) => typeof part === 'string');
  return [type, ...said].join(' ');
};
