import { Coverage } from './coverage.ts';
import { scenarioOf } from './scenario.ts';
import { live } from './simulation.ts';
const coverage = new Coverage();
const first = Number(process.argv[2] ?? 1), n = Number(process.argv[3] ?? 10);
let steps = 0, hap = 0, virt = 0, goals=0;
const t0 = process.hrtime.bigint();
for (let s = first; s < first + n; s++) {
  const life = await live(scenarioOf(s), coverage, { trace: process.argv[4] === 'trace' });
  steps += life.steps; hap += life.happenings; virt += life.virtualMs; goals += life.goals;
  if (process.argv[4] === 'trace') console.log(life.trace.join('\n'));
  if (life.broken !== undefined || n < 20) console.log(s, life.hash, life.steps, life.happenings, Math.round(life.virtualMs), life.strikes, life.goals, life.orders, JSON.stringify([...life.outcomes]), life.broken);
}
const ms = Number(process.hrtime.bigint() - t0) / 1e6;
console.log({ steps, hap, virt, goals, ms, usPerStep: ms * 1000 / steps, usPerHap: ms*1000/hap });
