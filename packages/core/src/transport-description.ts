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
 * What a sink knows of a transport before it makes one: plain data and pure functions, so that options are checked where
 * the sink is constructed.
 *
 * @typeParam Table of the transport's own options.
 */
export interface TransportDescription<Table extends OptionTable = OptionTable> {
  /** Shown in errors, for example `"redis-streams"`. Default: its schemes. */
  readonly name?: string;
  /** How documentation calls it, for example `"Azure Service Bus"`. Default: its name. */
  readonly title?: string;
  /** Lower case and without the colon, for example `["amqp"]`. */
  readonly schemes: readonly string[];
  /**
   * Further schemes, those whose connections are encrypted: `TransportOptions.tls` is then there, as with the option
   * `ssl`. Absent: it has no TLS, and a sink refuses `ssl`, `tls` and `sslVerify`.
   */
  readonly tlsSchemes?: readonly string[];
  /** The port of each scheme, for URLs without one. */
  readonly ports?: Readonly<Record<string, number>>;
  /** What may stand in the query of its URLs, such as `["maxlen"]`; a sink refuses anything else. Absent: nothing. */
  readonly query?: readonly string[];
  /**
   * Options of its own: a sink takes, checks, explains and documents them like those that all transports share, and
   * hands them over as {@link TransportOptions.own}. Absent: none.
   */
  readonly options?: Table;
  /** Shared options that mean nothing to it, each with the reason and what to do instead; a sink refuses them. */
  readonly unsupported?: Readonly<Record<string, string>>;
  /** What its broker can do, where that is known before it is made. */
  readonly capabilities?: TransportCapabilities;
  /** What its broker can do for a consumer. Absent: nothing can be consumed through this transport. */
  readonly consuming?: ConsumingCapabilities;
  /**
   * Works out of all options what to connect to and what to declare, and finds what contradicts each other. Opens
   * nothing, and never throws. Absent: the sink's own topology of an exchange and its queue.
   */
  configure?(request: ConfigurationRequest<Table>): TransportConfiguration;
}

/** Makes transports for the URL schemes that it lists. */
export interface TransportFactory<Table extends OptionTable = OptionTable>
  extends TransportDescription<Table> {
  /**
   * Throws a `ConfigurationError` for what it cannot honour, in the options or in the endpoints. Opens nothing.
   *
   * @param endpoints where it will be told to connect: all addresses of one cluster; none where a sink has the transport and no URL.
   */
  create(options: TransportOptions<Table>, endpoints: readonly Endpoint[]): Transport;
}

/** What {@link TransportDescription.configure} has to go by. */
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

/** What a transport makes of the options; what is absent stays as the sink has it. */
export interface TransportConfiguration {
  readonly problems?: readonly ConfigurationProblem[];
  /** The label of each is made anew. */
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
