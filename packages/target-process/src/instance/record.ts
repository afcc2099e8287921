import type { DeathProof, ExitStatus, InstanceId, Slot, StartAs } from '@baton/core';
import type { ProcessIdentity } from '../proc/index.ts';

/** What is written down of one process start: the intent before it, the process after it, the end. */
export interface InstanceRecord {
  readonly version: 1;
  readonly instance: InstanceId;
  readonly app: string;
  readonly environment: string;
  readonly service: string;
  readonly slot: Slot;
  readonly release: number;
  readonly digest: string;
  readonly replica: number;
  readonly startedAs: StartAs['kind'];
  readonly stopSignal: string;
  /** Container port to port of this host. */
  readonly ports: Readonly<Record<string, number>>;
  /** The folder of its cgroup, null where the host has none to use. */
  readonly cgroup: string | null;
  readonly boot: string;
  /** Who set out to start it. */
  readonly launcher: ProcessIdentity;
  /** Wall time of the intent, milliseconds. */
  readonly createdAt: number;
  /** The main process; null while only the intent is known. */
  readonly process: ProcessIdentity | null;
  readonly exit: ExitStatus | null;
  readonly death: DeathProof | null;
}

/** The immutable name of the running thing. */
export const handleOf = (record: InstanceRecord): string =>
  record.process === null
    ? `intent:${record.instance}`
    : `${record.process.pid}:${record.process.startTime}:${record.boot}`;
