import type { DrainAnnouncement } from './load-generator.ts';
import type { LoadReport } from './report.ts';

/** One line of JSON to the load process, on its standard input. The end of the input stops it. */
export type LoadCommand =
  | { readonly do: 'report'; readonly id: number }
  | { readonly do: 'stop' }
  | { readonly do: 'expect'; readonly release: string | null }
  | { readonly do: 'died'; readonly instance: string }
  | ({ readonly do: 'drain' } & DrainAnnouncement);

/** One line of JSON from the load process, on its standard output. */
export type LoadEvent =
  | { readonly event: 'started' }
  | { readonly event: 'report'; readonly id: number; readonly report: LoadReport }
  | { readonly event: 'ended'; readonly report: LoadReport }
  | { readonly event: 'refused'; readonly code: string; readonly message: string; readonly hint: string };
