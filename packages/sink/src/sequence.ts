import { type AnyEvent, ConfigurationError } from "@streamll/core";
import type { Plan } from "./resolve.js";

/** @throws ConfigurationError where a sequence of the program's own means nothing to the broker. */
export function requirePublisherName({ transport, values }: Plan, option: "sequence" | "lastSequence"): void {
  if (!transport.capabilities.deduplication) {
    const message = `requires a stream (useStreams: true); the transport here is ${transport.name}`;
    throw new ConfigurationError([{ option, message }]);
  }
  if (typeof values.publisherName === "string") return;
  const message = "requires publisherName: a later program cannot ask a stream for a random name";
  throw new ConfigurationError([{ option, message }]);
}

/** Why a sequence cannot be used. The engine cannot check this: to it 0 means none, and every event has an execution. */
export function invalidSequence({ transport }: Plan, event: AnyEvent, sequence: number): string | undefined {
  if (sequence === 0) return "sequence must be a whole number from 1; got 0";
  const given = event as { readonly executionId?: unknown; readonly execution_id?: unknown };
  const { partitions = 1 } = transport;
  if (partitions === 1 || given.executionId || given.execution_id) return undefined;
  return "with superStreamPartitions an event with a sequence requires an executionId from the input too: with a new one it would go to another partition when the program is started again";
}
