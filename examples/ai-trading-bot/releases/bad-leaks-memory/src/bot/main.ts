import { startBot } from './bot.ts';

const stepBytes = 6 * 1024 * 1024;
/** The machine is spared: enough to pass any threshold of compose.yaml, and no more. */
const mostBytes = 720 * 1024 * 1024;
const kept: Buffer[] = [];

await startBot({
  env: process.env,
  onActive: () => {
    const leak = setInterval(() => {
      kept.push(Buffer.alloc(stepBytes, 1));
      if (kept.length * stepBytes >= mostBytes) clearInterval(leak);
    }, 50);
  },
});
