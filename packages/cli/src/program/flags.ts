/** Every option of every verb; a verb declares which of them it takes (verbs.ts). */
export interface Flags {
  readonly json?: boolean;
  readonly file?: string;
  readonly stateDir?: string;
  readonly service?: readonly string[];
  readonly tag?: string;
  readonly dryRun?: boolean;
  readonly skipBuild?: boolean;
  readonly skipInfra?: boolean;
  readonly force?: boolean;
  readonly irreversible?: boolean;
  readonly detach?: boolean;
  readonly yes?: boolean;
  readonly exitCode?: boolean;
  readonly to?: number;
  readonly reason?: string;
  readonly once?: boolean;
  readonly interval?: number;
  readonly slot?: 'blue' | 'green';
  readonly verbose?: boolean;
  readonly verify?: boolean;
  readonly limit?: number;
  readonly follow?: boolean;
  readonly since?: number;
  readonly emergency?: boolean;
  readonly install?: boolean;
  readonly name?: string;
  readonly from?: string;
  readonly reveal?: boolean;
}
