import { type Endpoint, TransportError, type TransportOptions } from "@streamll/core";
import type { BindingKey } from "@streamll/sink/internal";

/** A message as it came. */
export interface Delivery {
  readonly body: Buffer;
  readonly routingKey: string;
  /** To be called once it is shown: no more than {@link Where.prefetch} are under way. */
  done(): void;
}

export interface Where {
  readonly endpoint: Endpoint;
  readonly exchange: string;
  readonly patterns: readonly string[];
  /**
   * What binds a queue to the exchange, by the type that it turned out to have.
   *
   * @throws UsageError where nothing does.
   */
  bindingsOf(type: string | undefined): readonly BindingKey[];
  readonly prefetch: number;
  readonly options: TransportOptions;
}

export interface Subscription {
  /** Settles when nothing comes any more, with the reason. Never rejects. */
  readonly closed: Promise<string>;
  close(): Promise<void>;
}

/** Hands over what an exchange gets from now on, through a queue of its own that goes with it. */
export type Subscribe = (where: Where, receive: (delivery: Delivery) => void) => Promise<Subscription>;

export function noExchange({ endpoint: { label }, exchange }: Where, cause: unknown): TransportError {
  const advice = "The first sink that publishes to it makes it: start that, or name another with --exchange";
  const text = `${label}: there is no exchange ${JSON.stringify(exchange)}. ${advice}`;
  return new TransportError("not-found", text, { cause, permanent: true });
}
