import type {
  Endpoint,
  Flow,
  OutboundBatch,
  PublishOutcome,
  TransportConnection,
  TransportOptions,
} from "@streamll/core";
import { vi } from "vitest";
import { amqp10Transport } from "../../src/index.js";
import { options, outcomes } from "./options.js";

export const WAIT = { timeout: 20_000, interval: 2 };

export interface OpenLane extends AsyncDisposable {
  readonly connection: TransportConnection;
  readonly flows: readonly Flow[];
}

export async function open(
  endpoint: Endpoint,
  own: Partial<TransportOptions> = {},
  transport = amqp10Transport.create(options(own)),
): Promise<OpenLane> {
  const connection = await transport.connect(endpoint, { index: 0 }, new AbortController().signal);
  const flows: Flow[] = [];
  connection.onFlow((flow) => flows.push(flow));
  return {
    connection,
    flows,
    [Symbol.asyncDispose]: () => connection.close(AbortSignal.timeout(5000)),
  };
}

/** Publishes a batch and waits for all of its outcomes. */
export async function publish(
  connection: TransportConnection,
  batch: OutboundBatch,
): Promise<PublishOutcome[]> {
  const record = outcomes(batch.length);
  connection.publish(batch, record.settle);
  await vi.waitUntil(() => record.open() === 0, WAIT);
  return record.all as PublishOutcome[];
}
