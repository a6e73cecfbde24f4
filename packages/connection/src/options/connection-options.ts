import type { CredentialsProvider, TransportTlsOptions } from "@streamll/core";
import type { DurationText } from "@streamll/core/options";

/** Of Node's TLS options. `sslVerify` says whether the certificate is checked. */
export type UserTlsOptions = Omit<TransportTlsOptions, "rejectUnauthorized">;

/** Options of every class that connects to a broker, beside those that name its address and its transports. */
export interface ConnectionOptions {
  /** Default: `"1.0"` for Azure Service Bus, else `"0-9-1"`. */
  readonly amqpVersion?: "0-9-1" | "1.0" | undefined;
  /** Speaks RabbitMQ's stream protocol. Default `false`. */
  readonly useStreams?: boolean | undefined;
  /** Wins over the URL's. Verbatim: never percent-decoded. */
  readonly username?: string | undefined;
  /** Wins over the URL's. Verbatim: never percent-decoded. */
  readonly password?: string | undefined;
  /** Asked at every connect, and before `expiresAt`. */
  readonly credentials?: CredentialsProvider | undefined;
  /**
   * Default: from the URL's scheme. `true` upgrades `amqp://` to TLS, and to port 5671 where the URL has none; so does
   * a host of Amazon MQ or CloudAMQP.
   */
  readonly ssl?: boolean | undefined;
  /** `false` accepts any certificate. Default `true`. */
  readonly sslVerify?: boolean | undefined;
  /** With `cert` or `pfx`, and neither user nor password, the broker takes the user from the certificate (SASL EXTERNAL). */
  readonly tls?: UserTlsOptions | undefined;
  /** Seconds for DNS, TCP, TLS and the protocol's handshake together. Default 30. */
  readonly connectionTimeout?: number | DurationText | undefined;
  /** Seconds. Default 10. */
  readonly heartbeat?: number | DurationText | undefined;
  /** Default `streamll@HOST:PID`; the number of the connection is appended. */
  readonly connectionName?: string | undefined;
  /** Whether `start()` waits for a broker that cannot be reached. Default `false`. */
  readonly waitForBroker?: boolean | undefined;
}
