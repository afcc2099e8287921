import { expect, test } from 'vitest';
import type { HealthSpec } from '../app/index.ts';
import { instanceId } from '../names.ts';
import type { InstanceObservation, PinnedService } from '../ports/target.ts';
import { HealthMonitor, type MonitorPorts } from './monitor.ts';

const pinned = (health: Partial<HealthSpec>): PinnedService =>
  ({
    digest: 'sha256:a',
    artefact: '/a',
    spec: {
      name: 'web',
      ports: [{ containerPort: 80, protocol: 'tcp' }],
      smoke: [],
      routes: [],
      resources: {},
      health: { successes: 1, retries: 1, intervalMs: 1, timeoutMs: 1, startPeriodMs: 0, reach: [], ...health },
    },
  }) as unknown as PinnedService;

const observation = {
  instance: instanceId('a'.repeat(32)),
  service: 'web',
  release: 1,
  state: 'running',
  addresses: { 80: '127.0.0.1:1' },
} as unknown as InstanceObservation;

/** A monitor that probes once and then sleeps until it is told to stop. */
const watching = () => {
  const asked: string[] = [];
  let changed: () => void = () => undefined;
  const sleep = async (_: number, signal?: AbortSignal): Promise<void> =>
    await new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('woken'))));
  const monitor = new HealthMonitor({
    clock: { sleep, wallMs: () => 0, monotonicMs: () => 0 },
    prober: {
      http: async (_address: string, path: string) => {
        asked.push(path);
        return { ok: true, status: path === '/bad' ? 500 : 200, body: '{}' };
      },
    },
    target: {},
    resolve: () => undefined,
    changed: () => changed(),
  } as unknown as MonitorPorts);
  const nextChange = async (): Promise<void> =>
    await new Promise((resolve) => {
      changed = resolve;
    });
  return { monitor, asked, nextChange };
};

test('an instance that stays is judged by the new health settings, and what was seen of it stands until then', async () => {
  const { monitor, asked, nextChange } = watching();
  const http = (path: string) => pinned({ http: { port: 80, path } });
  monitor.track([{ observation, pinned: http('/good') }]);
  while (monitor.view(observation.instance).successes === 0) await nextChange();
  expect(asked).toContain('/good');
  monitor.track([{ observation, pinned: http('/good') }]);
  const before = asked.length;
  monitor.track([{ observation, pinned: http('/bad') }]);
  expect(monitor.view(observation.instance)).toMatchObject({ successes: 1, identity: 'unreported' });
  while (monitor.view(observation.instance).successes !== 0) await nextChange();
  expect(asked.slice(before)).toEqual(['/bad']);
  monitor.close();
});
