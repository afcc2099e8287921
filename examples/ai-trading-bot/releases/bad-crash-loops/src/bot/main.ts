import { startBot } from './bot.ts';

await startBot({ env: process.env });
setTimeout(() => {
  console.error('ERROR out of file descriptors');
  process.exit(1);
}, 120);
