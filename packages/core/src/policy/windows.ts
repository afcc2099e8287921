import type { Weekday, WindowSpec } from '../app/index.ts';
import type { Finding } from '../ports/target.ts';

const DAYS: readonly Weekday[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
/** A weekly window that falls into the missing hour of a change of clocks opens the week after. */
const SEARCHED_DAYS = 15;

/** Day and minute of the day on the clock of a time zone; kept, since making a formatter is what takes time. */
type LocalClock = (wallMs: number) => { readonly day: Weekday; readonly minute: number };

const localClock = (timeZone: string): LocalClock => {
  const options = { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const format = new Intl.DateTimeFormat('en-GB', options);
  return (wallMs) => {
    const parts = new Map(format.formatToParts(wallMs).map(({ type, value }) => [type, value]));
    const day = (parts.get('weekday') ?? '').toLowerCase().slice(0, 3) as Weekday;
    return { day, minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')) };
  };
};

const dayBefore = (day: Weekday): Weekday => DAYS[(DAYS.indexOf(day) + 6) % 7] as Weekday;

const holds = ({ days, fromMinute, toMinute }: WindowSpec, { day, minute }: ReturnType<LocalClock>): boolean => {
  if (fromMinute < toMinute) return days.includes(day) && minute >= fromMinute && minute < toMinute;
  // Over midnight: it belongs to the day on which it begins.
  return (days.includes(day) && minute >= fromMinute) || (days.includes(dayBefore(day)) && minute < toMinute);
};

const clockText = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

/** A window as it would be written in baton.yaml. */
export const windowText = ({ days, fromMinute, toMinute, timezone }: WindowSpec): string =>
  `${days.join(',')} ${clockText(fromMinute)}-${clockText(toMinute)} ${timezone}`;

export type WindowState =
  | { readonly open: true }
  /** `opensAtMs` is a wall time; absent where none opens within two weeks. */
  | { readonly open: false; readonly opensAtMs?: number; readonly window?: WindowSpec };

/**
 * Whether a deployment may begin at a wall time. No windows means at any time. Found minute by minute on
 * the clocks of the windows themselves, so that a change to summer time needs no rule of its own.
 */
export const windowState = (windows: readonly WindowSpec[], wallMs: number): WindowState => {
  const clocks = windows.map((window) => ({ window, clock: localClock(window.timezone) }));
  const openAt = (at: number): WindowSpec | undefined =>
    clocks.find(({ window, clock }) => holds(window, clock(at)))?.window;
  if (windows.length === 0 || openAt(wallMs) !== undefined) return { open: true };
  const first = Math.floor(wallMs / MINUTE_MS) + 1;
  for (let minute = first; minute < first + SEARCHED_DAYS * DAY_MINUTES; minute += 1) {
    const window = openAt(minute * MINUTE_MS);
    if (window !== undefined) return { open: false, opensAtMs: minute * MINUTE_MS, window };
  }
  return { open: false };
};

const momentText = (wallMs: number, timeZone: string): string => {
  const options = {
    timeZone,
    weekday: 'short',
    day: '2-digit',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  } as const;
  return `${new Intl.DateTimeFormat('en-GB', options).format(wallMs)} ${timeZone}`;
};

/** What preflight says of the windows; undefined where there are none. */
export const windowFinding = (windows: readonly WindowSpec[], wallMs: number): Finding | undefined => {
  if (windows.length === 0) return undefined;
  const subject = 'windows';
  const state = windowState(windows, wallMs);
  if (state.open) return { ok: true, subject, message: 'a deployment may begin now' };
  const { opensAtMs, window } = state;
  const next =
    opensAtMs === undefined || window === undefined
      ? 'none opens within two weeks'
      : `the next opens on ${momentText(opensAtMs, window.timezone)} (${windowText(window)})`;
  const hint = 'Deploy then, or change "windows:" in baton.yaml. Rollback and stop are never held back by a window.';
  return { ok: false, subject, message: `no deployment may begin now; ${next}`, hint };
};
