import { startBot } from './bot.ts';

await startBot({ env: process.env, health: () => 'the model could not be loaded' });
