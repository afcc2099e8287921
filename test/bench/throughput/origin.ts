import { createServer } from 'node:http';
import { ORIGIN_BODY } from './origin-body.ts';

// Stands in for HAProxy as the origin where that is not installed: `node origin.ts PORT`.
const body = Buffer.from(ORIGIN_BODY);
createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
}).listen(Number(process.argv[2]), '127.0.0.1');
