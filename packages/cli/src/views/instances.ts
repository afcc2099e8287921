import type { InstanceReport } from '@baton/api';
import { bytes, duration, percent } from '../reporters/figures.ts';
import type { Style } from '../reporters/style.ts';
import { table } from '../reporters/table.ts';
import type { View } from './view.ts';

const slotText = ({ slot, part }: InstanceReport, style: Style): string =>
  part === 'accessory' ? '' : slot === 'blue' ? style.blue(slot) : style.green(slot);

/** In a word: what the layers of health say of it now. */
export const healthWord = (one: InstanceReport): 'healthy' | 'unhealthy' | 'starting' | 'dead' | 'unknown' => {
  if (one.state === 'dead') return 'dead';
  if (one.state === 'unknown') return 'unknown';
  if (one.health.violations.length > 0 || one.health.identity === 'mismatch') return 'unhealthy';
  if (one.health.successes > 0) return 'healthy';
  return one.health.lastFailure === undefined ? 'starting' : 'unhealthy';
};

const healthText = (one: InstanceReport, style: Style): string => {
  const word = healthWord(one);
  if (word === 'healthy') return style.good(word);
  return word === 'starting' || word === 'dead' ? style.quiet(word) : style.bad(word);
};

const partText = (one: InstanceReport, style: Style): string => {
  if (one.part === 'holder') return style.strong(`holder${one.phase === null ? '' : ` (${one.phase})`}`);
  if (one.part === 'standby') return `standby${one.phase === null || one.phase === 'standby' ? '' : ` (${one.phase})`}`;
  return one.part;
};

/** Live first, then by name. */
export const sorted = (instances: readonly InstanceReport[]): readonly InstanceReport[] =>
  instances.toSorted(
    (a, b) => Number(b.live) - Number(a.live) || a.service.localeCompare(b.service) || a.startedAt - b.startedAt,
  );

/** Everything that runs, with what it uses where that was asked for. */
export const instanceTable = (instances: readonly InstanceReport[], view: View): readonly string[] => {
  const { style, now, columns } = view;
  const rows = sorted(instances).map((one) => [
    one.live ? one.service : style.quiet(one.service),
    slotText(one, style),
    String(one.release),
    healthText(one, style),
    partText(one, style),
    one.live && one.state !== 'dead' ? style.good('live') : style.quiet('idle'),
    one.state === 'dead' ? (one.exit ?? '') : duration(Math.max(0, now - one.startedAt)),
    one.memoryBytes === null ? '' : bytes(one.memoryBytes),
    one.cpuShare === null ? '' : percent(one.cpuShare),
    style.quiet(one.instance.slice(0, 8)),
  ]);
  const headings = ['SERVICE', 'SLOT', 'RELEASE', 'HEALTH', 'PART', 'TRAFFIC', 'UP', 'MEMORY', 'CPU', 'INSTANCE'];
  return table(headings, rows, style, columns);
};
