import type { ConsumingCapabilities, SubscribeRequest, Subscription, TransportError } from "@streamll/core";
import type { OpenConnection } from "../dialect.js";
import type { Wire } from "../wire.js";
import type { TransferTap } from "./transfer-tap.js";

/** What a broker's way to consume goes by. */
export interface Consuming {
  readonly wire: Wire;
  readonly tap: TransferTap;
  readonly open: OpenConnection;
  readonly request: SubscribeRequest;
  /** The endpoint's, for messages. */
  readonly label: string;
  /** Before a link to the address is attached, each time. @throws TransportError */
  attaching(address: string): Promise<void>;
  /** It has ended, and the connection with it. */
  failed(error: TransportError): void;
}

/** A way to consume on an open connection. */
export interface Consumer extends Pick<Subscription, "settle" | "renew" | "waiting"> {
  /** Resolves when nothing more comes, within a bounded time. */
  stop(): Promise<void>;
  /** Writes what is settled, and ends in good order. */
  close(): Promise<void>;
  /** Ends at once: whoever waits to be told of a settlement is told `lost`. */
  leave(): void;
}

/** Begins to consume. @throws FaultError, TransportError */
export type Consume = (consuming: Consuming) => Promise<Consumer>;

/** How a broker that speaks AMQP 1.0 is consumed from. */
export interface ConsumingDialect {
  readonly capabilities: ConsumingCapabilities;
  readonly consume: Consume;
}
