/** Options of `publish()`. */
export interface PublishOptions {
  /** Withdraws the event while it is still buffered; once it is sent, only the waiting ends. */
  readonly signal?: AbortSignal;
  /**
   * A whole number of your own by which a stream deduplicates, above that of the event before it: the position
   * in what the program reads, from 1. Only streams with `publisherName` take it, and then for all events or none. With
   * `superStreamPartitions` the event's `executionId` must come from the input too: it chooses the partition.
   */
  readonly sequence?: number;
}
