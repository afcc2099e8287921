// Loaded before the daemon (NODE_OPTIONS --import): SIGUSR2 sets its wall clock back by an hour, as an
// administrator or a time server would. The monotonic clock goes on.
const now = Date.now;
let offsetMs = 0;
Date.now = () => now() + offsetMs;
process.on('SIGUSR2', () => {
  offsetMs -= 3_600_000;
});
