/**
 * Keeps how far a stream is done, in the place of the broker: in the database that the handlers write to, for example.
 * Several consumers of one stream need a store each, or `singleActiveConsumer`.
 */
export interface OffsetStore {
  /** What {@link store} was last given for the partition (the stream's name, where it has none); `undefined`: nothing. */
  load(partition: string): number | undefined | Promise<number | undefined>;
  /** All of the partition is done up to this offset. It rises; every 10,000 events or 5 s, and at `stop()`. */
  store(partition: string, offset: number): void | Promise<void>;
}
