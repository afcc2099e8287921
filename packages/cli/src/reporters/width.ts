import { stripVTControlCharacters } from 'node:util';

/** Narrower than this nothing can be read, and everything is left as it is. */
const NARROWEST = 8;

// Characters that a terminal shows two columns wide: East Asian wide forms and emoji.
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}]/u;

const widthOfPlain = (text: string): number => {
  let width = 0;
  for (const character of text) width += WIDE.test(character) ? 2 : 1;
  return width;
};

/** Columns that a text takes, colours not counted. */
export const widthOf = (text: string): number => widthOfPlain(stripVTControlCharacters(text));

const isControl = (character: string): boolean => {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
};

/** Control characters of a workload's own text must not move our cursor. */
export const harmless = (text: string): string =>
  Array.from(stripVTControlCharacters(text).replaceAll('\t', '  '))
    .filter((one) => !isControl(one))
    .join('');

/** Uncoloured text cut to a width, with an ellipsis where something went. */
export const cut = (text: string, columns: number): string => {
  if (columns < 1) return '';
  if (widthOfPlain(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const character of text) {
    const next = WIDE.test(character) ? 2 : 1;
    if (width + next > columns - 1) break;
    kept += character;
    width += next;
  }
  return `${kept}…`;
};

/** Padded on the right to a width, colours not counted. */
export const pad = (text: string, columns: number): string => text + ' '.repeat(Math.max(0, columns - widthOf(text)));

/** Uncoloured text in lines of at most `columns`, broken between words; a longer word is left whole, to be copied. */
export const wrap = (text: string, columns: number): readonly string[] => {
  if (columns < NARROWEST) return text.split('\n');
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = [];
    let line = '';
    for (const word of paragraph.split(' ')) {
      const longer = line === '' ? word : `${line} ${word}`;
      if (line !== '' && widthOf(longer) > columns) {
        lines.push(line);
        line = word;
      } else line = longer;
    }
    return [...lines, line];
  });
};
