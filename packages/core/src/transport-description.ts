import type { ConsumingCapabilities } from "./consuming/seam.js";
import type { ConfigurationProblem } from "./errors.js";
import type { OptionTable, ResolvedOptions } from "./options/option.js";
import type {
  Endpoint,
  MessageDefaults,
  Topology,
  Transport,
  TransportCapabilities,
  TransportOptions,
} from "./transport.js";

/**
 * What a sink knows of a transport before it creates one: plain data and pure functions, so that options are validated
 * when the sink is constructed.
 *
 * @typeParam Table of the transport's own options.
 */
export interface TransportDescription<Table extends OptionTable = OptionTable> {
  /** Shown in errors, for example `"redis-streams"`. Default: its schemes. */
  readonly name?: string;
  /** The name in documentation, for example `"Azure Service Bus"`. Default: its name. */
  readonly title?: string;
  /** Lower case and without the colon, for example `["amqp"]`. */
  readonly schemes: readonly string[];
  /**
   * Further schemes, whose connections are encrypted: `TransportOptions.tls` is then set, as with the option `ssl`.
   * Absent: the transport has no TLS, and a sink refuses `ssl`, `tls` and `sslVerify`.
   */
  readonly tlsSchemes?: readonly string[];
  /** The port of each scheme, for URLs without one. */
  readonly ports?: Readonly<Record<string, number>>;
  /** The parameters that the query of its URLs may have, such as `["maxlen"]`; a sink refuses others. Absent: none. */
  readonly query?: readonly string[];
  /**
   * Options of its own: a sink accepts, validates, explains and documents them like those that all transports share, and
   * passes them as {@link TransportOptions.own}. Absent: none.
   */
  readonly options?: Table;
  /** Shared options that have no meaning for it, each with the reason and what to do instead; a sink refuses them. */ readonly unsupported?: Readonly<
    Record<string, string>
  >;
  /** What its broker can do, if that is known before the transport is created. */
  readonly capabilities?: TransportCapabilities;
  /** What its broker can do for a consumer. Absent: consumers cannot use this transport. */
  readonly consuming?: ConsumingCapabilities;
  /**
   * Decides from all options what to connect to and what to declare, and finds contradictions. Opens nothing, and never
   * throws. Absent: the sink's own topology of an exchange and its queue.
   */
  configure?(request: ConfigurationRequest<Table>): TransportConfiguration;
}

/** Creates transports for the URL schemes that it lists. */
export interface TransportFactory<Table extends OptionTable = OptionTable>
  extends TransportDescription<Table> {
  /**
   * Creates a transport, and opens nothing. Throws a `ConfigurationError` for options or endpoints that it cannot honour.
   *
   * @param endpoints all addresses of one cluster, to which it will connect; empty if the sink has a transport but no URL.
   */
  create(options: TransportOptions<Table>, endpoints: readonly Endpoint[]): Transport;
}

/** The parameters of {@link TransportDescription.configure}. */
export interface ConfigurationRequest<Table extends OptionTable = OptionTable> {
  /** The transport's own options, resolved. */
  readonly own: ResolvedOptions<Table>;
  readonly shared: SharedOptions;
  /** Whether the user set an option of this name; `amqpUrl` is that of the addresses. */
  isSet(option: string): boolean;
  readonly endpoints: readonly Endpoint[];
}

/** Options that every transport has, resolved. */
export interface SharedOptions {
  readonly exchange: string;
  readonly routingKey: string;
  /** Of a consumer: the queue that it reads. Absent: it sends. */
  readonly source?: string;
  readonly queueArguments?: Readonly<Record<string, unknown>> | undefined;
  readonly declareTopology: Topology["mode"];
  readonly durable: boolean;
  readonly ssl?: boolean | undefined;
}

/** What a transport changes; the sink's own values apply to what is absent. */
export interface TransportConfiguration {
  readonly problems?: readonly ConfigurationProblem[];
  /** The sink creates each label anew. */
  readonly endpoints?: readonly Endpoint[];
  /** {@link MessageDefaults.exchange}. */
  readonly exchange?: string;
  readonly topology?: Topology;
  /** What a consumer reads. Absent: the queue of its option `queue`. */
  readonly source?: string;
  /** {@link Transport.partitions}. */
  readonly partitions?: number;
  /** Options that follow from others where the user did not set them, as `explain()` shows them. */
  readonly derived?: Readonly<Record<string, unknown>>;
}
