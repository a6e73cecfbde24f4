/** What a program of the spool's run is told. */
export interface SpoolSetup {
  readonly url: string;
  /** The queue, or the stream, that it sends to. */
  readonly name: string;
  readonly isStream: boolean;
  readonly directory: string;
  /** It writes there, synchronously, what was accepted before its last turn ended, and what was answered. */
  readonly ledger: string;
  /** The number of its first event. */
  readonly from: number;
  /** Sends nothing of its own, and ends when all is delivered. */
  readonly isLast: boolean;
}

const EXECUTIONS = 7;
export const executionOf = (index: number): string => `execution-${index % EXECUTIONS}`;
