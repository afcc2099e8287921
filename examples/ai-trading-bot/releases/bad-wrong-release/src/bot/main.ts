import { startBot } from './bot.ts';

// As of an image that was built before: it says what was burnt into it, not what was deployed.
await startBot({ env: { ...process.env, BATON_RELEASE: '9999' } });
