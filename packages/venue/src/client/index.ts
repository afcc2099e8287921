export { RestVenue, type RestVenueOptions } from './rest-venue.ts';
