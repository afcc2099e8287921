import { startBot } from './bot.ts';

await startBot({ env: process.env });
