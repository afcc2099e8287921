// The client alone: the package's front door loads fetch, caches and mocks too, 11 MB of memory that the gateway has no use for.
declare module 'undici/lib/dispatcher/client.js' {
  import { Client } from 'undici';
  export default Client;
}
