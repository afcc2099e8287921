import { startBot } from './bot.ts';

await startBot({
  env: process.env,
  onActive: () => {
    setInterval(() => console.error('ERROR the broker sent an unknown field "marginMode"'), 20);
  },
});
