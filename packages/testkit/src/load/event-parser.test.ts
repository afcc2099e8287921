import { describe, expect, it } from 'vitest';
import type { ServerEvent } from './event-parser.ts';
import { EventParser } from './event-parser.ts';

const TEXT =
  ': hello\r\nid: 1\r\ndata: {"seq":1}\r\n\r\nid:2\ndata: a\ndata: b\n\nevent: x\nid: 9\n\ndata\n\nid: 3\ndata: late';

describe('an event stream', () => {
  it('reads the same in pieces of any size', () => {
    for (let size = 1; size <= TEXT.length; size += 1) {
      const events: ServerEvent[] = [];
      const parser = new EventParser((event) => events.push(event));
      for (let at = 0; at < TEXT.length; at += size) parser.push(TEXT.slice(at, at + size));
      expect(events).toEqual([
        { id: '1', data: '{"seq":1}' },
        { id: '2', data: 'a\nb' },
        { id: undefined, data: '' },
      ]);
    }
  });
});
