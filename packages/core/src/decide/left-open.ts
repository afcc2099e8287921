import type { Goal } from '../goal/goal.ts';
import { singletonMoves, specOf } from './lookup.ts';
import type { World } from './world.ts';

const counted = (count: number, name: string): string => `${count} ${name}${count === 1 ? '' : 's'}`;

/**
 * What is open at the venue although it was to be flattened, and nobody acts who could close it: of a holder that
 * was killed or had ended, and that nobody followed. As sentences for a person.
 */
export const leftOpen = (goal: Goal, world: World): readonly string[] =>
  singletonMoves(goal).flatMap((move) => {
    const open = world.facts.leftOpen.get(move.service);
    const follows = world.batons[move.service]?.record.holder != null;
    if (open === undefined || follows || specOf(move)?.singleton?.settle !== 'flatten') return [];
    if (open.orders + open.positions === 0) return [];
    return [
      `${move.service}: the venue shows ${counted(open.orders, 'order')} and ${counted(open.positions, 'position')} open`,
    ];
  });
