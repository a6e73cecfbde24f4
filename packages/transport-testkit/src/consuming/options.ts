import type { Endpoint, InboundMessage, Transport, TransportOptions } from "@streamll/core";
import type { Cannot, Fault } from "../options.js";

/** What {@link testConsuming} and {@link checkConsuming} need to know of a transport and of its broker. */
export interface ConsumerUnderTest {
  /** Shown in every message of the suite. */
  readonly name: string;
  /** Makes a transport. The options are complete; put your own on top. Called once a check. */
  create(options: TransportOptions, endpoints: readonly Endpoint[]): Transport | Promise<Transport>;
  /** Where to connect, as an endpoint or as a URL. */
  readonly endpoint: Endpoint | string;
  /** Makes an empty queue, or an empty log, for one check. Its dead letters go to a place of their own, where the broker has them. */
  queue(): Promise<QueueUnderTest>;
  /** The broker drops all connections, at once, and takes new ones afterwards. */
  readonly disconnect: Fault | Cannot;
  /**
   * `"flat"`: the broker hands over no header whose value is a list or an object. `"text"`: values are texts, whatever a
   * sender gave. Default: it hands over any.
   */
  readonly headers?: "flat" | "text";
  /** How long the broker may take for an answer, in milliseconds. Default 5000. */
  readonly timeoutMs?: number;
  /** How long the suite waits to see that nothing more happens, in milliseconds. Default 50. */
  readonly quietMs?: number;
}

/** A queue of the broker, reached by another way than the transport under test. */
export interface QueueUnderTest {
  readonly name: string;
  /** Puts messages into the queue, in order, as another program would; resolves when the broker has them. */
  put(messages: readonly InboundMessage[]): Promise<void>;
  /** How many messages wait in it: those that a consumer holds are not among them. Not asked of a log. */
  depth(): Promise<number>;
  /** The `messageId` of each dead letter of this queue so far. */
  dead(): Promise<readonly string[]>;
  /** Deletes the queue, or does what else makes the broker cancel its consumers. */
  readonly cancel: Fault | Cannot;
}
