import { type Endpoint, TransportError, type TransportOptions } from "@streamll/core";
import type { BindingKey } from "@streamll/sink/internal";

/** A message as it arrived. */
export interface Delivery {
  readonly body: Buffer;
  readonly routingKey: string;
  /** Called once it is shown: at most {@link Where.prefetch} messages are in flight. */
  done(): void;
}

export interface Where {
  readonly endpoint: Endpoint;
  /** Or the stream. */
  readonly exchange: string;
  readonly patterns: readonly string[];
  /**
   * The bindings of a queue to the exchange, by the type that the exchange turned out to have.
   *
   * @throws UsageError where nothing does.
   */
  bindingsOf(type: string | undefined): readonly BindingKey[];
  readonly prefetch: number;
  /** The queue holds no more, and lets the oldest go. Default: no bound. */
  readonly maxLength?: number;
  readonly options: TransportOptions;
}

export interface Subscription {
  /** Settles with the reason when no more messages arrive. Never rejects. */
  readonly closed: Promise<string>;
  close(): Promise<void>;
}

/** Passes on what arrives at an exchange from now on, through a queue of its own that ends with it; or what a stream has. */
export type Subscribe = (where: Where, receive: (delivery: Delivery) => void) => Promise<Subscription>;

/** The exchange or stream is not there, and everything else is: the first sink that publishes to it declares it. */
export class MissingExchange extends TransportError {}

export function noExchange(
  { endpoint: { label }, exchange }: Where,
  cause: unknown,
  kind: "exchange" | "stream" = "exchange",
): MissingExchange {
  const advice = `The first sink that publishes to it declares it: start that sink, or name another ${kind} with --${kind}`;
  const text = `${label}: there is no ${kind} ${JSON.stringify(exchange)}. ${advice}`;
  return new MissingExchange("not-found", text, { cause, permanent: true });
}
