import type { VolumeSpec } from '@baton/core';
import * as z from 'zod';
import { flag, Refusal, scalar } from '../values/index.ts';
import { composeObject } from './compose-object.ts';

const MODES = new Set(['ro', 'rw', 'z', 'Z', 'cached', 'delegated', 'consistent', 'nocopy']);
const isPath = (source: string): boolean => source.startsWith('.') || source.startsWith('/');

function parseVolume(text: string): VolumeSpec | Refusal {
  const parts = text.split(':');
  const [first = '', second, modes = 'rw', ...more] = parts;
  if (first.startsWith('~')) return new Refusal(`"~" is not read in a volume; write \${HOME}${first.slice(1)}`);
  const target = second ?? first;
  if (more.length > 0 || !target.startsWith('/') || (second !== undefined && first === '')) {
    return new Refusal(
      `"${text}" is no volume; write "./data:/app/data" or "name:/app/data:ro", with an absolute target`,
    );
  }
  const strange = modes.split(',').find((mode) => !MODES.has(mode));
  if (strange !== undefined) return new Refusal(`"${strange}" is no mode of a volume; known: ${[...MODES].join(', ')}`);
  const readOnly = modes.split(',').includes('ro');
  if (second === undefined) return { kind: 'volume', target, readOnly: false };
  return { kind: isPath(first) ? 'bind' : 'volume', source: first, target, readOnly };
}

const longVolume = () =>
  composeObject({
    type: z.enum(['bind', 'volume', 'tmpfs']),
    source: z.string().optional(),
    target: z.string().startsWith('/', 'the target of a volume is an absolute path'),
    read_only: flag().optional(),
    bind: z.unknown().optional(),
    volume: z.unknown().optional(),
    tmpfs: z.unknown().optional(),
    consistency: z.string().optional(),
  })
    .refine((volume) => volume.type !== 'bind' || volume.source !== undefined, 'a bind mount needs its source')
    .transform(
      (volume): VolumeSpec => ({
        kind: volume.type,
        ...(volume.source === undefined ? {} : { source: volume.source }),
        target: volume.target,
        readOnly: volume.read_only ?? false,
      }),
    );

/** A schema of compose's `volumes` of a service; sources as they are written. */
export const volumes = () =>
  z
    .array(
      z.union([
        scalar<VolumeSpec>('a volume such as "./data:/app/data"', { type: 'string' }, parseVolume),
        longVolume(),
      ]),
    )
    .transform((list): readonly VolumeSpec[] => list);
