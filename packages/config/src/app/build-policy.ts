import { resolve } from 'node:path';
import type {
  FlagSpec,
  ImagesSpec,
  LimitsSpec,
  MigrationsSpec,
  NameTemplates,
  NotifySpec,
  PolicySpec,
  RetiredFlagSpec,
} from '@baton/core';
import { DEFAULT_NAMES, DEFAULTS, NOTIFY_EVENTS } from '../baton/index.ts';
import { exists } from '../source/index.ts';
import { parseDuration } from '../values/index.ts';
import { isOfType } from './check-environments.ts';
import type { Draft } from './draft.ts';

/** When a deployment here may begin, and who hears of it. */
export function buildPolicy(draft: Draft): PolicySpec {
  const { environment, file, problems } = draft;
  const limits = { ...file.top.limits, ...environment.limits };
  const calendars = Object.entries(file.top.calendars ?? {}).map(([name, calendar]) => {
    const path = resolve(draft.root, calendar.file);
    if (!exists(path, 'file')) {
      problems.add(file.source.place(['calendars', name, 'file']), `there is no file ${draft.show(path)}`);
    }
    return { name, file: path, marginMs: calendar.margin ?? parseDuration(DEFAULTS.calendarMargin) ?? 0 };
  });
  return {
    windows: environment.windows ?? [],
    calendars: calendars.filter((calendar) => environment.calendars?.includes(calendar.name) ?? false),
    limits: limitsOf(limits),
    notify: notifyOf(draft).filter((channel) => environment.notify?.includes(channel.name) ?? true),
  };
}

function limitsOf(said: NonNullable<Draft['environment']['limits']>): LimitsSpec {
  return {
    ...(said.deploymentsPerDay === undefined ? {} : { deploymentsPerDay: said.deploymentsPerDay }),
    ...(said.cooldown === undefined ? {} : { cooldownMs: said.cooldown }),
    ...(said.maxOpenOrders === undefined ? {} : { maxOpenOrders: said.maxOpenOrders }),
    ...(said.maxOpenPositions === undefined ? {} : { maxOpenPositions: said.maxOpenPositions }),
  };
}

function notifyOf({ file, problems }: Draft): readonly NotifySpec[] {
  return Object.entries(file.top.notify ?? {}).flatMap(([name, channel]): NotifySpec[] => {
    const ways: NotifySpec['to'][] = [
      ...(channel.webhook === undefined ? [] : [{ kind: 'webhook' as const, url: channel.webhook }]),
      ...(channel.sns === undefined ? [] : [{ kind: 'sns' as const, topic: channel.sns }]),
      ...(channel.command === undefined ? [] : [{ kind: 'command' as const, command: channel.command }]),
    ];
    const [to] = ways;
    if (ways.length === 1 && to !== undefined) return [{ name, to, events: channel.events ?? NOTIFY_EVENTS }];
    problems.add(
      file.source.place(['notify', name], 'key'),
      `the channel "${name}" needs one of webhook, sns and command`,
    );
    return [];
  });
}

export interface Flags {
  readonly flags: readonly FlagSpec[];
  readonly retired: readonly RetiredFlagSpec[];
}

/** The flags with the values that hold in this environment, and those that are gone. */
export function buildFlags({ file, problems, environment }: Pick<Draft, 'file' | 'problems' | 'environment'>): Flags {
  const flags: FlagSpec[] = [];
  const retired: RetiredFlagSpec[] = [];
  const takenBy = new Map<string, string>();
  for (const [name, flag] of Object.entries(file.top.flags ?? {})) {
    const type = flag.type ?? 'boolean';
    if (flag.env === undefined || (flag.default === undefined && !flag.removed)) {
      const missing =
        flag.env === undefined ? 'env: the variable that carries it' : 'default: its value where nothing else is said';
      problems.add(file.source.place(['flags', name], 'key'), `the flag "${name}" needs ${missing}`);
      continue;
    }
    const other = takenBy.get(flag.env);
    if (other !== undefined) {
      const message = `the flags "${other}" and "${name}" are both carried by ${flag.env}`;
      problems.add(file.source.place(['flags', name, 'env']), message);
    }
    takenBy.set(flag.env, name);
    if (flag.removed || flag.default === undefined) {
      retired.push({ name, env: flag.env });
      continue;
    }
    if (!isOfType(type, flag.default)) {
      problems.add(file.source.place(['flags', name, 'default']), `"${flag.default}" is no ${type}`);
    }
    flags.push({ name, type, env: flag.env, default: environment.flags?.[name] ?? flag.default });
  }
  return { flags, retired };
}

/** Templates of names: the environment's over the app's over the defaults. */
export function buildNames({ file, environment }: Draft): NameTemplates {
  const given = { ...file.top.names, ...environment.names };
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...DEFAULT_NAMES, ...said };
}

export function buildImages({ file }: Draft): ImagesSpec {
  const said = file.top.images;
  return {
    ...(said?.registry === undefined ? {} : { registry: said.registry }),
    platforms: said?.platforms ?? ['linux/amd64'],
    ...(said?.scan === undefined || said.scan === 'off' ? {} : { refuseSeverity: said.scan }),
    keep: said?.keep ?? DEFAULTS.imagesKept,
  };
}

export function buildMigrations(draft: Draft): MigrationsSpec | undefined {
  const said = draft.file.top.migrations;
  if (said === undefined) return undefined;
  const directory = resolve(draft.root, said.directory);
  if (!exists(directory, 'folder')) {
    const place = draft.file.source.place(['migrations', 'directory']);
    draft.problems.add(place, `there is no folder ${draft.show(directory)}`);
  }
  return {
    directory,
    databaseUrl: said.databaseUrl,
    ...(said.minVersion === undefined ? {} : { minVersion: said.minVersion }),
    onDeploy: said.onDeploy ?? false,
  };
}
