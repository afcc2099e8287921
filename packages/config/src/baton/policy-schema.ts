import type { NotifyEvent, Weekday, WindowSpec } from '@baton/core';
import * as z from 'zod';
import { closest } from '../source/index.ts';
import { command, duration, filledText, httpUrl, Refusal, scalar, variableName, wholeNumber } from '../values/index.ts';
import { DEFAULTS } from './defaults.ts';
import { inWords, key } from './key.ts';

const WEEKDAYS: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

export const NOTIFY_EVENTS = [
  'started',
  'committed',
  'rolled-back',
  'failed',
  'needs-operator',
  'stopped',
  'approval-needed',
] as const satisfies readonly NotifyEvent[];

const WINDOW = /^(?:([a-z,-]+)\s+)?(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})(?:\s+(\S+))?$/;

function daysOf(text: string): readonly Weekday[] | Refusal {
  const positions = WEEKDAYS.map(String);
  const days = text.split(',').flatMap((part): (Weekday | undefined)[] => {
    const [first = -1, last = first] = part.split('-').map((day) => positions.indexOf(day));
    if (first < 0 || last < 0) return [undefined];
    const length = ((last - first + 7) % 7) + 1;
    return Array.from({ length }, (_, index) => WEEKDAYS[(first + index) % 7]);
  });
  const good = days.filter((day) => day !== undefined);
  if (good.length === days.length) return [...new Set(good)];
  return new Refusal(`"${text}" names no days; write "mon-fri" or "mon,wed,sat"`);
}

function isTimezone(text: string): boolean {
  try {
    Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

/** Reads `mon-fri 09:00-17:00 Europe/London`. Days and time zone may be left out (every day, UTC). */
function parseWindow(text: string): WindowSpec | Refusal {
  const found = WINDOW.exec(text.trim());
  if (found === null) return new Refusal(`"${text}" is no window; write it like "mon-fri 09:00-17:00 Europe/London"`);
  const [, dayText, fromHour, fromMinute, toHour, toMinute, timezone = 'UTC'] = found;
  const from = Number(fromHour) * 60 + Number(fromMinute);
  const to = Number(toHour) * 60 + Number(toMinute);
  const days = dayText === undefined ? WEEKDAYS : daysOf(dayText);
  if (days instanceof Refusal) return days;
  if (from >= 1440 || to > 1440 || Number(fromMinute) > 59 || Number(toMinute) > 59) {
    return new Refusal(`"${text}" holds a time that no clock shows`);
  }
  if (from === to) return new Refusal(`"${text}" is empty: it ends when it begins`);
  if (!isTimezone(timezone)) {
    return new Refusal(`"${timezone}" is no time zone`, closest(timezone, Intl.supportedValuesOf('timeZone')));
  }
  return { days, fromMinute: from, toMinute: to, timezone };
}

export const windowSchema = () =>
  scalar<WindowSpec>('a window such as "mon-fri 09:00-17:00 Europe/London"', { type: 'string' }, parseWindow);

export const calendarSchema = () =>
  z.strictObject({
    file: filledText('a file name').meta({
      description: 'An iCalendar file (`.ics`).',
    }),
    margin: key(duration(), 'How long before and after an event is forbidden too.', DEFAULTS.calendarMargin),
  });

export const limitsSchema = () =>
  z.strictObject({
    deploymentsPerDay: key(wholeNumber(1, 10_000), 'Deployments in 24 hours.'),
    cooldown: key(duration(), 'Time that must pass after a deployment.'),
    maxOpenOrders: key(wholeNumber(0, 1_000_000), 'Open orders above which no deployment begins.'),
    maxOpenPositions: key(wholeNumber(0, 1_000_000), 'Open positions above which no deployment begins.'),
  });

export const notifySchema = () =>
  z.strictObject({
    webhook: key(httpUrl(), 'Address to which each event is posted as JSON.'),
    sns: key(
      scalar('an ARN', { type: 'string', pattern: '^arn:' }, (text) =>
        /^arn:aws[\w-]*:sns:/.test(text) ? text : new Refusal(`"${text}" is no ARN of an SNS topic`),
      ),
      'ARN of an SNS topic.',
    ),
    command: key(command(), 'Command that gets the event as JSON on its standard input.'),
    events: key(z.array(z.enum(NOTIFY_EVENTS)), 'Which events.', inWords('all of them')),
  });

export const flagSchema = () =>
  z.strictObject({
    type: key(z.enum(['boolean', 'string', 'integer']), 'Kind of value.', 'boolean'),
    env: key(variableName(), 'Variable that carries it into every service. Required.'),
    default: key(
      scalar('a value', { type: ['boolean', 'string', 'integer'] }, (text) => text),
      'Value where no environment says otherwise. Required.',
    ),
    removed: key(z.literal(true), 'A tombstone: the flag is gone and its name is never to mean something else.'),
  });

export const secretSchema = () =>
  scalar('the place of a secret, such as "{app}/{env}/broker#key"', { type: 'string' }, (text) => {
    const strange = /\{(?!app\}|env\})[^}]*\}?/.exec(text)?.[0];
    if (strange !== undefined) return new Refusal(`"${strange}" is no placeholder here; known: {app}, {env}`);
    return /^[A-Za-z0-9/_+=.@{}:-]+(#[A-Za-z0-9_.-]+)?$/.test(text)
      ? text
      : new Refusal(
          'expected the place of a secret, such as "{app}/{env}/broker#key"; the value itself never stands here',
        );
  });
