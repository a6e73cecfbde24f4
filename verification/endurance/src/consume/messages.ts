/** The first message to a program. */
export interface ConsumerSetup {
  readonly url: string;
  readonly queue: string;
  /** Each event that was handled is a line in it: its number, and whose line it is. */
  readonly file: string;
  /** Of this process: the next one has the next number. */
  readonly incarnation: number;
  /** What the file holds is done, also by others: then each event is handled once. */
  readonly hasStore: boolean;
}

/** Unsettled events that a consumer has at most. */
export const PREFETCH = 200;

const EXECUTIONS = 50;

export const executionOf = (index: number): string => `run-${index % EXECUTIONS}`;
