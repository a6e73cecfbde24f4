import type { Endpoint, Flow, OutboundBatch, PublishOutcome, TransportConnection } from "@streamll/core";
import { vi } from "vitest";
import type { StreamsTransportOptions } from "../../src/options.js";
import { streamsTransport } from "../../src/transport.js";
import { options, outcomes } from "./options.js";

export const WAIT = { timeout: 20_000, interval: 2 };

export async function open(
  endpoint: Endpoint,
  own: Partial<StreamsTransportOptions> = {},
  lane = 0,
  transport = streamsTransport(options(own)),
) {
  const connection = await transport.connect(endpoint, { index: lane }, new AbortController().signal);
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
  const { settle, all } = outcomes(batch.length);
  connection.publish(batch, settle);
  await vi.waitUntil(() => all.every((outcome) => outcome !== undefined), WAIT);
  return all as PublishOutcome[];
}
