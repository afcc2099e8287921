import { cut, widthOf } from './width.ts';

const ESCAPE = '\u001b';
// Only the colours that style.ts writes; nothing else with an escape gets this far.
const COLOUR = new RegExp(`${ESCAPE}\\[[0-9;]*m`, 'g');
const RESET = `${ESCAPE}[0m`;

/** A coloured line cut to a width; colours take no room, and none runs on into the next line. */
export const cutStyled = (line: string, columns: number): string => {
  if (widthOf(line) <= columns) return line;
  let kept = '';
  let room = columns;
  let end = 0;
  for (const match of line.matchAll(COLOUR)) {
    const text = line.slice(end, match.index);
    if (widthOf(text) >= room) return `${kept}${cut(text, room)}${RESET}`;
    kept += text + match[0];
    room -= widthOf(text);
    end = match.index + match[0].length;
  }
  return `${kept}${cut(line.slice(end), room)}${RESET}`;
};
