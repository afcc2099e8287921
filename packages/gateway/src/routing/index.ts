export { type Address, parseAddress } from './address.ts';
export { normalHost, normalPrefix, type RouteEntry, RouteTable, type RouteTarget } from './route-table.ts';
