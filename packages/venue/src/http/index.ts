export { marketView } from './market-routes.ts';
export { PriceStream } from './price-stream.ts';
export { venueServer } from './server.ts';
