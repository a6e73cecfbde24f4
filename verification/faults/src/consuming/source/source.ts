import type { EventConsumerOptions } from "@streamll/consumer";
import { executionOf } from "../messages.js";

/** What a consumer reads. It is filled, and looked at, by code that shares nothing with the consumer. */
export interface Source {
  /** Where it is. */
  readonly url: string;
  /** Of a consumer that reaches it at this port of 127.0.0.1. */
  optionsAt(port: number): EventConsumerOptions;
  /** Makes what has to be there before a consumer is. */
  prepare(): Promise<void>;
  /** Resolves when all are stored. */
  put(messages: readonly Put[]): Promise<void>;
  /** How many are neither settled nor dead. */
  left(): Promise<number>;
  /** How many dead letters there are. */
  dead(): Promise<number>;
  /** How many of these events, in their order, come again to the next process once this one was killed. */
  comesAgain(handled: readonly number[]): Promise<number>;
  remove(): Promise<void>;
}

export interface Put {
  /** Of an event; absent where the body is none. */
  readonly index?: number;
  readonly body: string;
}

/** The event of this number, with so many bytes beside. */
export function eventOf(index: number, padding: number): Put {
  const data = { index, ...(padding > 0 && { padding: "x".repeat(padding) }) };
  const event = { event_type: "end", event_id: String(index), execution_id: executionOf(index), data };
  return { index, body: JSON.stringify(event) };
}
