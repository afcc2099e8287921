import { cpSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { loadApp } from '@baton/config';
import type { App } from '@baton/core';
import type { BenchContext } from '../context.ts';
import { keepCompiled } from './compiled.ts';

/** How the probe is a singleton: a warm standby that is told, or a program that acts whenever it runs. */
export type ProbeKind = 'warm' | 'cold';

export const PROBE_ACCOUNT = { warm: 'probe-main', cold: 'probe-cold' } as const;

/** The bot that orders every millisecond, in a folder of its own. */
export const probeApp = (context: BenchContext, kind: ProbeKind, venueUrl: string): App => {
  const folder = join(context.dir, `probe-${kind}`);
  cpSync(join(context.root, 'test/fixtures/probe-bot'), folder, { recursive: true });
  if (kind === 'cold') cpSync(join(context.root, 'test/bench/apps/probe-cold'), folder, { recursive: true });
  symlinkSync(join(context.root, 'node_modules'), join(folder, 'node_modules'));
  keepCompiled(context, join(folder, 'compose.yaml'));
  return loadApp({ file: join(folder, 'baton.yaml'), environment: 'local', env: { VENUE_URL: venueUrl } });
};
