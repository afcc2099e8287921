import { BatonError } from '@baton/core/errors';

const LINE_CHARACTERS = 4 * 1024 * 1024;

/** The lines of a stream of text, empty ones left out. A line without end is refused, not collected. */
export async function* readLines(
  stream: AsyncIterable<unknown> & { setEncoding(encoding: 'utf8'): unknown },
): AsyncGenerator<string, void, undefined> {
  stream.setEncoding('utf8');
  let rest = '';
  for await (const chunk of stream) {
    rest += String(chunk);
    if (rest.length > LINE_CHARACTERS) {
      throw new BatonError('daemon-line-too-long', 'The daemon sent a line without end.', {
        fault: 'bug',
        hint: 'Look at daemon.log in the state directory.',
      });
    }
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield line;
  }
  if (rest.trim() !== '') yield rest;
}
