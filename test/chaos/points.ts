import { seededRandom } from '@baton/testkit';
import type { KillPoint } from './traced-daemon.ts';

/** A system call that has an effect, and how often the busiest thread of a daemon calls it in a start and a deployment. */
interface Effect {
  readonly syscall: string;
  readonly reach: number;
  /** Of so many calls one is a point of `all`: the others differ in nothing. */
  readonly stride: number;
}

const DAEMON_EFFECTS: readonly Effect[] = [
  { syscall: 'pwrite64', reach: 150, stride: 1 },
  { syscall: 'fsync', reach: 40, stride: 1 },
  { syscall: 'write', reach: 400, stride: 2 },
  { syscall: 'rename', reach: 16, stride: 1 },
  { syscall: 'mkdir', reach: 30, stride: 1 },
  { syscall: 'unlink', reach: 4, stride: 1 },
  { syscall: 'rmdir', reach: 4, stride: 1 },
  { syscall: 'clone3', reach: 10, stride: 1 },
  { syscall: 'writev', reach: 25, stride: 1 },
  { syscall: 'connect', reach: 300, stride: 5 },
  { syscall: 'shutdown', reach: 120, stride: 5 },
  { syscall: 'fcntl', reach: 300, stride: 5 },
  { syscall: 'openat', reach: 3_000, stride: 50 },
  { syscall: 'bind', reach: 4, stride: 1 },
  { syscall: 'listen', reach: 4, stride: 1 },
];

const CLI_EFFECTS: readonly Effect[] = [
  { syscall: 'write', reach: 12, stride: 1 },
  { syscall: 'connect', reach: 4, stride: 1 },
  { syscall: 'writev', reach: 3, stride: 1 },
  { syscall: 'openat', reach: 400, stride: 20 },
  { syscall: 'socket', reach: 4, stride: 1 },
];

export type Random = () => number;

/** What is called often has more points, by order of magnitude; late calls are likelier than early ones, which all come at the start. */
const pointAmong = (effects: readonly Effect[], random: Random): KillPoint => {
  const weights = effects.map(({ reach }) => Math.log2(reach));
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  const index = weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  const { syscall, reach } = effects[index] as Effect;
  return { syscall, when: Math.max(1, Math.floor(reach ** (random() ** 0.35))) };
};

/** Points of daemon and command line without end, the same for the same seed. */
export const samplePoints = (seed: number): { daemon: () => KillPoint; cli: () => KillPoint; random: Random } => {
  const source = seededRandom(seed);
  const random = (): number => source.next();
  return {
    daemon: () => pointAmong(DAEMON_EFFECTS, random),
    cli: () => pointAmong(CLI_EFFECTS, random),
    random,
  };
};

/** Every point of the daemon. */
export const allPoints = (): readonly KillPoint[] =>
  DAEMON_EFFECTS.flatMap(({ syscall, reach, stride }) =>
    Array.from({ length: Math.ceil(reach / stride) }, (_, index) => ({ syscall, when: index * stride + 1 })),
  );
