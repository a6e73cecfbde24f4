import type { TransportOptions } from "@streamll/core";
import {
  boolean,
  callback,
  count,
  type DurationText,
  duration,
  name,
  type RowsOf,
  type SizeText,
  size,
} from "@streamll/core/options";

/** Maps the address that a node of the broker advertises to the address at which this program reaches that node. */
export type AddressResolver = (advertised: { readonly host: string; readonly port: number }) => {
  readonly host: string;
  readonly port: number;
};

/** Options of a sink that only RabbitMQ Streams have. */
export interface StreamOptions {
  /** Name of the stream. Default: named as the exchange. */
  readonly stream?: string | undefined;
  /** Hours until an event is removed from the stream. Default: never. */
  readonly streamMaxAgeHours?: number | DurationText | undefined;
  /** Bytes of one file of the stream. Default: the broker's own. */
  readonly streamMaxSegmentSize?: number | SizeText | undefined;
  /** Bytes that the stream is kept to. Default: no bound. */
  readonly streamMaxBytes?: number | SizeText | undefined;
  /** Partitions of a super stream. Default: one stream, without partitions. */
  readonly superStreamPartitions?: number | undefined;
  /** Each event's type is its filter value in the stream. Default `false`. */
  readonly streamFilter?: boolean | undefined;
  /** Where a node of the broker is reached from here. Default: at the address that it advertises. */
  readonly streamAddressResolver?: AddressResolver | undefined;
}

const GiB = 2 ** 30;

export const streamOptions = {
  stream: {
    kind: name(),
    defaultText: "as the exchange",
    about: "Name of the stream.",
  },
  streamMaxAgeHours: {
    kind: duration("h", { min: 1 / 3600, max: 876_000 }),
    about: "Older events are removed from the stream.",
  },
  streamMaxSegmentSize: {
    kind: size(1000, 3 * GiB),
    about: "Size of one file of the stream.",
  },
  streamMaxBytes: {
    kind: size(1, Number.MAX_SAFE_INTEGER),
    about: "Size that the stream is kept to.",
  },
  superStreamPartitions: {
    kind: count(1, 1000),
    about:
      "A super stream of so many partitions, chosen by the hash of `execution_id` that RabbitMQ's Java, Go, .NET and JavaScript clients use. RabbitMQ before 3.13 has it made over AMQP 0-9-1, by `@streamll/transport-amqp091`.",
  },
  streamFilter: {
    kind: boolean,
    default: false,
    about:
      "Gives each event its `event_type` as the filter value of the stream, so that a consumer can ask for some types alone and the broker skips chunks that hold none of them. RabbitMQ 3.13 and later; an older broker gets none.",
  },
  streamAddressResolver: {
    kind: callback<AddressResolver>("({ host, port }) => { host, port }"),
    about:
      "Where a node of the broker is reached from here: behind a load balancer, a tunnel or a container's port it has another address. Without it the address that the broker advertises is used as it is.",
  },
} satisfies RowsOf<StreamOptions>;

/** With the options that streams have alone. */
export type StreamsTransportOptions = TransportOptions<typeof streamOptions>;
