import type { DeliveryErrorCode } from "@streamll/core";
import { defaults } from "@streamll/harness";
import type { RabbitMQSinkOptions } from "@streamll/sink";

/** A sink of the chaos: its part of the load, and what it may tell to have failed. */
export interface Member {
  readonly name: string;
  readonly share: number;
  readonly options: RabbitMQSinkOptions;
  readonly mayFail?: readonly DeliveryErrorCode[];
  /**
   * Its queue has a limit. What the broker counts as ready and what its reader holds may be more together, and RabbitMQ
   * drops the oldest of it when it starts again, for all `reject-publish` (3.10.8, 4.0.5): that goes to a second queue.
   */
  readonly overflows?: boolean;
}

const flushTimeout = 60;

/** Options that differ in what matters when things break. */
export const fleet: readonly Member[] = [
  {
    name: "wide",
    share: 0.4,
    options: { connectionPoolSize: 5, maxInFlight: 2000, maxBufferedBytes: "8MiB" },
  },
  {
    name: "quorum",
    share: 0.3,
    options: { queueType: "quorum", connectionPoolSize: 1, maxInFlight: 1000, maxBufferedBytes: "8MiB" },
  },
  {
    name: "small",
    share: 0.2,
    options: { connectionPoolSize: 2, maxInFlight: 500, maxBufferedEvents: 2000, batchSize: 10 },
  },
  {
    name: "bounded",
    share: 0.1,
    options: {
      connectionPoolSize: 1,
      maxInFlight: 500,
      maxBufferedEvents: 500,
      overflow: "drop-oldest",
      maxRetries: 1,
      queueArguments: { "x-max-length": 300, "x-overflow": "reject-publish" },
    },
    mayFail: ["DROPPED", "RETRIES_EXHAUSTED"],
    overflows: true,
  },
].map((member) => ({ ...member, options: { ...defaults, flushTimeout, ...member.options } }) as Member);
