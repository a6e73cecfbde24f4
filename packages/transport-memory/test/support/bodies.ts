import type { MemoryBroker } from "../../src/index.js";

/** What waits in a queue, as text, and out of the queue. */
export const bodies = (broker: MemoryBroker, queue: string): string[] =>
  broker.consume(queue).map(({ body }) => body.toString());
