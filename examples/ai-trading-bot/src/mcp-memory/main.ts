import { answerJson, createWorkload, readBody } from '@baton/sdk';
import { MemoryFull, MemoryLog } from './memory-log.ts';

const { env } = process;
const directory = env.BATON_DATA_DIR ?? env.DATA_DIR ?? './data';
const log = await MemoryLog.open(directory);
const largestMemoryBytes = 64 * 1024;

const workload = createWorkload({
  port: 8765,
  checks: { disk: () => ({ ok: true, message: `${log.count} memories, ${log.sizeBytes} bytes` }) },
  routes: async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname !== '/memories') return answerJson(response, 404, { error: 'not-found' });
    if (request.method === 'GET') {
      const limit = Math.min(Number(searchParams.get('limit') ?? 50) || 0, 1_000);
      return answerJson(response, 200, { count: log.count, memories: log.newest(limit) });
    }
    if (request.method !== 'POST') return answerJson(response, 405, { error: 'method-not-allowed' });
    const content = readContent(await readBody(request));
    if (content === undefined)
      return answerJson(response, 400, { error: 'bad-request', message: 'a JSON object of at most 64 KiB' });
    try {
      const { id } = await log.append(content);
      answerJson(response, 201, { id });
    } catch (error) {
      if (!(error instanceof MemoryFull)) throw error;
      response.setHeader('retry-after', '1');
      answerJson(response, 503, { error: 'busy', message: error.message });
    }
  },
  onStop: () => log.close(),
});

function readContent(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (text === undefined || Buffer.byteLength(text) > largestMemoryBytes) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

const { port } = await workload.listen();
console.log(`mcp-memory listens on ${port}: ${log.count} memories in ${directory}`);
