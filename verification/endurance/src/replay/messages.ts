import type { ReplayReport } from "@streamll/consumer";

/** The first message to a program. */
export interface ReplaySetup {
  readonly url: string;
  readonly queue: string;
  readonly journal: string;
}

/** What a program says: how far it is, and in the end what it has done. */
export type ReplaySaid = { readonly replayed: number } | { readonly report: ReplayReport };
