import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { closeFrame } from '../websocket/index.ts';
import type { Backend } from './harness.ts';

/** RFC 6455, 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export interface Echo {
  readonly sockets: Set<Socket>;
  /** Close codes that clients sent, or the gateway in their place. */
  readonly closeCodes: number[];
}

/** Lets a test server accept WebSockets and echo short text frames. */
export const echoWebSockets = ({ server }: Backend, name: string): Echo => {
  const echo: Echo = { sockets: new Set(), closeCodes: [] };
  server.on('upgrade', (incoming: IncomingMessage, socket: Socket) => {
    const key = incoming.headers['sec-websocket-key'] ?? '';
    const accept = createHash('sha1')
      .update(key + GUID)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nX-Name: ${name}\r\n\r\n`,
    );
    echo.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => echo.sockets.delete(socket));
    socket.on('data', (bytes: Buffer) => {
      for (const { opcode, payload } of frames(bytes)) {
        if (opcode === 8) {
          echo.closeCodes.push(payload.readUInt16BE(0));
          socket.end(closeFrame(payload.readUInt16BE(0), '', undefined));
        } else {
          const text = Buffer.from(`${name}:${payload.toString()}`);
          socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]));
        }
      }
    });
  });
  return echo;
};

/** Masked frames of less than 126 bytes that arrive whole. */
const frames = (bytes: Buffer): { opcode: number; payload: Buffer }[] => {
  const found: { opcode: number; payload: Buffer }[] = [];
  for (let at = 0; at + 6 <= bytes.length; ) {
    const length = (bytes[at + 1] as number) & 0x7f;
    const mask = bytes.subarray(at + 2, at + 6);
    const payload = Buffer.from(bytes.subarray(at + 6, at + 6 + length)).map((b, i) => b ^ (mask[i % 4] as number));
    found.push({ opcode: (bytes[at] as number) & 0x0f, payload: Buffer.from(payload) });
    at += 6 + length;
  }
  return found;
};

/** A client's WebSocket, opened; messages are collected. */
export const openWebSocket = async (
  url: string,
): Promise<{ socket: WebSocket; messages: string[]; closed: Promise<CloseEvent> }> => {
  const socket = new WebSocket(url);
  const messages: string[] = [];
  socket.addEventListener('message', (event) => messages.push(String(event.data)));
  const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener('close', resolve));
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error('the WebSocket did not open')));
  });
  return { socket, messages, closed };
};
