import { describe, expect, it } from 'vitest';
import { closeFrame, FrameTracker } from './frame-tracker.ts';

const frame = (payloadBytes: number, masked: boolean, opcode = 1): Buffer => {
  const mask = masked ? 0x80 : 0;
  const length =
    payloadBytes < 126
      ? Buffer.from([mask | payloadBytes])
      : payloadBytes < 65_536
        ? Buffer.from([mask | 126, payloadBytes >> 8, payloadBytes & 255])
        : Buffer.concat([Buffer.from([mask | 127]), Buffer.alloc(4), u32(payloadBytes)]);
  return Buffer.concat([
    Buffer.from([0x80 | opcode]),
    length,
    Buffer.alloc(masked ? 4 : 0, 7),
    Buffer.alloc(payloadBytes, 0x88),
  ]);
};
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

describe('the tracker of WebSocket frames', () => {
  const sizes = [0, 1, 125, 126, 1_000, 65_535, 65_536, 70_000];

  it.each(sizes.flatMap((size) => [[size, false] as const, [size, true] as const]))(
    'finds the end of a frame of %d bytes (masked: %s), however it is cut up',
    (size, masked) => {
      const bytes = Buffer.concat([frame(size, masked), frame(3, masked)]);
      for (const step of [1, 7, 4_096, bytes.length]) {
        const tracker = new FrameTracker();
        for (let at = 0; at < bytes.length; at += step) tracker.push(bytes.subarray(at, at + step));
        expect(tracker.atBoundary).toBe(true);
        expect(tracker.closed).toBe(false);
      }
    },
  );

  it('knows when it stands within a frame', () => {
    const tracker = new FrameTracker();
    tracker.push(frame(10, true).subarray(0, 9));
    expect(tracker.atBoundary).toBe(false);
  });

  it('takes a chunk up to the end of the open frame and no further', () => {
    const first = frame(200, false);
    const tracker = new FrameTracker();
    tracker.push(first.subarray(0, 50));
    const rest = Buffer.concat([first.subarray(50), frame(4, false)]);
    expect(tracker.pushToBoundary(rest)).toBe(first.length - 50);
    expect(tracker.pushToBoundary(rest)).toBe(0);
  });

  it('sees a close frame', () => {
    const tracker = new FrameTracker();
    tracker.push(closeFrame(1012, 'drained', undefined));
    expect(tracker.closed).toBe(true);
    expect(tracker.atBoundary).toBe(true);
  });

  it('masks the close frame that goes to a server', () => {
    const mask = Buffer.from([1, 2, 3, 4]);
    const bytes = closeFrame(1012, 'x', mask);
    expect(bytes[1]).toBe(0x80 | 3);
    const payload = Buffer.from([...bytes.subarray(6)].map((byte, i) => byte ^ (mask[i % 4] as number)));
    expect(payload.readUInt16BE(0)).toBe(1012);
  });
});
