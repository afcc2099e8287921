import { styleText } from 'node:util';

/** Colours by meaning. Without colour each gives its text back. */
export interface Style {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly quiet: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly blue: (text: string) => string;
  readonly green: (text: string) => string;
}

const plain = (text: string): string => text;
const painted =
  (format: Parameters<typeof styleText>[0]) =>
  (text: string): string =>
    styleText(format, text, { validateStream: false });

const PLAIN: Style = { good: plain, bad: plain, warn: plain, quiet: plain, strong: plain, blue: plain, green: plain };
const COLOURED: Style = {
  good: painted('green'),
  bad: painted('red'),
  warn: painted('yellow'),
  quiet: painted('dim'),
  strong: painted('bold'),
  blue: painted('blue'),
  green: painted('green'),
};

/** NO_COLOR wins where it is not empty (no-color.org), then FORCE_COLOR, then whether it is a terminal. */
export const wantsColour = (env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean => {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '0') return true;
  return isTerminal && env.TERM !== 'dumb';
};

export const styleFor = (coloured: boolean): Style => (coloured ? COLOURED : PLAIN);
