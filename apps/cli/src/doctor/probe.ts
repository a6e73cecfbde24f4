import { createEvent, silentLogger, type Transport } from "@streamll/core";
import { textOf } from "@streamll/core/internal";
import { BrokerSink } from "@streamll/sink";
import { type Finding, ok } from "./finding.js";
import { blockedBy } from "./node.js";
import { isAmqp, isServiceBus, leastTopology, type Scene, transportWith } from "./scene.js";

/** The event is gone by then, where the broker lets single messages expire. */
const EXPIRES_MS = 10_000;
const PATIENCE_MS = 5000;

/** Publishes one event that says what it is. Real queues get it: so only where it is asked for. */
export async function examineProbe(scene: Scene): Promise<Finding[]> {
  const { plan, options, interrupted } = scene;
  const message = { ...options.message, ...(isAmqp(scene) ? { expirationMs: EXPIRES_MS } : {}) };
  const { name, capabilities, connect } = transportWith(scene, { message, topology: leastTopology(scene) });
  const transport: Transport = {
    name,
    capabilities,
    // A sink that is given a transport knows no address.
    connect: (_, lane, signal) => connect(scene.endpoint, lane, signal),
  };
  const { routingKey } = plan.values;
  const sink = new BrokerSink({
    transport,
    routingKey,
    maxRetries: 0,
    flushTimeout: 1,
    logger: silentLogger,
  });
  const event = createEvent({ eventType: "start", operation: "answer", tags: { streamll_probe: "true" } });
  try {
    const late = AbortSignal.timeout(PATIENCE_MS);
    const { latencyMs } = await sink.publish(event, { signal: AbortSignal.any([late, interrupted]) });
    return [ok(`one event, marked streamll_probe: confirmed in ${Math.round(latencyMs)} ms`)];
  } catch (error) {
    return [refused(error, sink.health().blocked, isServiceBus(scene))];
  } finally {
    await sink.stop();
  }
}

function refused(error: unknown, blocked: string | undefined, ofServiceBus: boolean): Finding {
  if (blocked !== undefined && !ofServiceBus) return blockedBy(blocked);
  const { code = "DELIVERY_TIMEOUT", cause } = error as { code?: string; cause?: { code?: string } };
  const detail = `the event was not delivered: ${textOf(error)}`;
  const failed = {
    status: "failed",
    code: typeof code === "string" ? code : "DELIVERY_TIMEOUT",
    detail,
  } as const;
  if (code === "UNROUTABLE" || cause?.code === "TRANSPORT_UNROUTABLE") {
    return {
      ...failed,
      code: "UNROUTABLE",
      reason: "no-binding",
      remedy: { text: "Bind a queue to this key" },
    };
  }
  if (ofServiceBus) {
    const text = "Read the queue or raise its size where it is full; enable it where it is disabled";
    return { ...failed, reason: "entity", remedy: { text } };
  }
  return {
    ...failed,
    reason: "queue-drops",
    remedy: { text: "See the broker's log and the queue's limits" },
  };
}
