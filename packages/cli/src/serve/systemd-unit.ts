import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { daemonCommand } from './daemon-command.ts';

const NAME_HASH_DIGITS = 8;

/** `baton-<folder>-<hash>.service`: one daemon for each state directory, and its name says which. */
export const unitName = (stateDir: string): string => {
  const folder = basename(stateDir) === '.baton' ? basename(dirname(stateDir)) : basename(stateDir);
  const readable = folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  const hash = createHash('sha256').update(stateDir).digest('hex').slice(0, NAME_HASH_DIGITS);
  return `baton-${readable === '' ? '' : `${readable}-`}${hash}.service`;
};

/** A word of ExecStart (systemd.service(5), "Command lines"): quoted, with `\`, `"`, `%` and `$` taken literally. */
const quoted = (word: string): string =>
  `"${word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`;

export interface UnitOptions {
  readonly node: string;
  readonly main: string;
  readonly stateDir: string;
  /** True for the system's own manager, false for a user's. */
  readonly system: boolean;
}

/**
 * The daemon as a systemd unit. KillMode=process because what it deployed must outlive it; Restart=always with a
 * pause well within the gateway's hold.
 */
export const systemdUnit = ({ node, main, stateDir, system }: UnitOptions): string => `[Unit]
Description=Baton daemon for ${stateDir.replaceAll('%', '%%')}
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=${daemonCommand(node, main, stateDir).map(quoted).join(' ')}
Restart=always
RestartSec=200ms
RestartPreventExitStatus=2 4
KillMode=process
TimeoutStopSec=30s
UMask=0077
Delegate=yes

[Install]
WantedBy=${system ? 'multi-user.target' : 'default.target'}
`;
