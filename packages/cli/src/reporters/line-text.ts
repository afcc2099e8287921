import type { StoryLine, Tone } from './story-line.ts';
import type { Style } from './style.ts';
import { wrap } from './width.ts';

const MARKS: Readonly<Record<Tone, string>> = {
  title: '',
  step: '· ',
  good: '✓ ',
  bad: '✗ ',
  warn: '! ',
  detail: '  ',
  plain: '',
};

const paint = (style: Style, tone: Tone): ((text: string) => string) => {
  if (tone === 'good') return style.good;
  if (tone === 'bad') return style.bad;
  if (tone === 'warn') return style.warn;
  if (tone === 'title') return style.strong;
  return tone === 'detail' ? style.quiet : (text) => text;
};

/** A sentence as lines of at most `columns`, what follows the first hanging under its text. */
export const lineText = (line: StoryLine, style: Style, columns: number): readonly string[] => {
  const mark = MARKS[line.tone];
  const field = /^ {2}.{9} /.exec(line.text)?.[0] ?? '';
  const hang = line.tone === 'plain' ? field.length : mark.length;
  const painted = paint(style, line.tone);
  const body = line.tone === 'plain' ? line.text.slice(hang) : line.text;
  const lines = wrap(body, columns - hang);
  const first = line.tone === 'plain' ? style.quiet(line.text.slice(0, hang)) : painted(mark);
  return lines.map((text, index) => (index === 0 ? first : ' '.repeat(hang)) + painted(text));
};
