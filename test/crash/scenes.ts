import { goalOf } from '@baton/core';
import { stopEverything } from '../../packages/daemon/src/commands/emergency.ts';
import { prepareDeploy } from '../../packages/daemon/src/commands/preparing.ts';
import { stop } from '../../packages/daemon/src/commands/restarting.ts';
import { appOf, SCOPE, type Way } from './crash-app.ts';
import type { Life } from './life.ts';
import type { LivingWorld } from './living-world.ts';
import type { Witness } from './witness.ts';

/** What is durable, counted from the beginning of the scene. */
export interface Heard {
  readonly opened: number;
  readonly closed: number;
  /** Types of every entry of the scene. */
  readonly types: ReadonlySet<string>;
  /** The emergency stop came back and said that everything is dead. */
  readonly confirmed: boolean;
}

/** Something that a person asks for; asked again for as long as it was not heard. */
export interface Request {
  readonly isDue: (heard: Heard) => boolean;
  readonly isHeard: (heard: Heard) => boolean;
  /** True where it was said to be done, for what the journal alone does not tell. */
  readonly ask: (life: Life) => Promise<boolean>;
}

/** One part of the story, from how an earlier one left the world to an end of its own. */
export interface Scene {
  readonly name: string;
  /** The scene whose end it begins with; none begins with an empty machine. */
  readonly after: string | undefined;
  /** What happens of itself as it begins. */
  readonly happens?: (world: LivingWorld) => void;
  readonly requests: readonly Request[];
  /** Which part of its end is the same wherever a driver dies; the rest depends on what came first. */
  readonly compares: 'everything' | 'the baton';
  readonly isOver: (heard: Heard, witness: Witness) => boolean;
}

const deploy = (way: Way, version: string, isBroken: boolean): Request => ({
  isDue: () => true,
  isHeard: ({ opened }) => opened > 0,
  ask: async ({ environment }) => {
    const app = appOf(way, version, isBroken);
    const asked = {
      app,
      services: undefined,
      tag: null,
      gitCommit: null,
      force: false,
      irreversible: false,
      restartUnchanged: false,
    };
    const { standing, release, planned } = await prepareDeploy(environment, asked, 'a person');
    const { strategy, listen } = app.environment;
    const goal = goalOf(
      {
        generation: standing.environment.generation + 1,
        kind: 'deploy',
        scope: environment.key,
        release: release.number,
        strategy,
        listen,
        force: false,
        by: 'a person',
      },
      planned,
    );
    await environment.open(standing, goal, release);
    return true;
  },
});

const stopping = (isDue: Request['isDue'], isHeard: Request['isHeard']): Request => ({
  isDue,
  isHeard,
  ask: async ({ environment }) => {
    await stop(environment, undefined, 'a person');
    return true;
  },
});

const emergency = (isDue: Request['isDue']): Request => ({
  isDue,
  isHeard: ({ confirmed }) => confirmed,
  ask: async ({ stateDir, ports }) => {
    const { state } = await stopEverything(stateDir, ports, SCOPE, 'a person', 'a test');
    return state === 'STOPPED';
  },
});

/** The new trader was granted the baton, or never will be. */
const isUnderWay = ({ types }: Heard): boolean => types.has('baton.granted') || types.has('goal.closed');
const closedOnce = ({ opened, closed }: Heard): boolean => opened > 0 && opened === closed;
const lastsQuietly = ({ opened, closed, confirmed }: Heard): boolean => confirmed && opened === closed;

/** The whole story for one way of being a singleton. */
export const scenesOf = (way: Way): readonly Scene[] => [
  { name: 'first', after: undefined, requests: [deploy(way, '1', false)], compares: 'everything', isOver: closedOnce },
  {
    name: 'first-broken',
    after: undefined,
    requests: [deploy(way, '1', true)],
    compares: 'everything',
    isOver: closedOnce,
  },
  { name: 'deploy', after: 'first', requests: [deploy(way, '2', false)], compares: 'everything', isOver: closedOnce },
  { name: 'rollback', after: 'deploy', requests: [deploy(way, '3', true)], compares: 'everything', isOver: closedOnce },
  {
    name: 'recover',
    after: 'deploy',
    happens: (world) => world.dies('bot'),
    requests: [],
    compares: 'everything',
    isOver: (heard, witness) => closedOnce(heard) && witness.acting('bot').length === 1,
  },
  {
    name: 'stop',
    after: 'deploy',
    requests: [
      stopping(
        () => true,
        ({ opened }) => opened > 0,
      ),
    ],
    compares: 'everything',
    isOver: closedOnce,
  },
  {
    name: 'stop-in-deploy',
    after: 'deploy',
    requests: [
      deploy(way, '4', false),
      stopping(isUnderWay, ({ types, opened }) => types.has('operator.stopped') || opened > 1),
    ],
    compares: 'everything',
    isOver: closedOnce,
  },
  {
    name: 'emergency',
    after: 'deploy',
    requests: [emergency(() => true)],
    compares: 'the baton',
    isOver: lastsQuietly,
  },
  {
    name: 'emergency-in-deploy',
    after: 'deploy',
    requests: [deploy(way, '4', false), emergency(isUnderWay)],
    compares: 'the baton',
    isOver: lastsQuietly,
  },
];
