import { createServer } from 'node:http';

// A replica that answers with who it is, and ends when it has answered what came in.

const { PORT, BATON_INSTANCE: instance, BATON_RELEASE: release } = process.env;
const server = createServer((request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(request.url === '/health' ? { status: 'healthy' } : { instance, release }));
});
server.listen(Number(PORT), '127.0.0.1');
process.once('SIGTERM', () => server.close(() => process.exit(0)));
