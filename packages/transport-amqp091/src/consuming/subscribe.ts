import { randomUUID } from "node:crypto";
import type { Endpoint, SubscribeRequest, Subscription, TransportOptions } from "@streamll/core";
import { openSession } from "../session.js";
import { DeliveryReader } from "./delivery-reader.js";
import { consumingWire, tapDeliveries } from "./frame-tap.js";
import { openSubscription } from "./subscription.js";

/** @throws TransportError */
export function subscribe(
  options: TransportOptions,
  endpoint: Endpoint,
  request: SubscribeRequest,
  signal: AbortSignal,
): Promise<Subscription> {
  const { connectionName, connectionTimeoutMs } = options;
  return openSession({ options, endpoint, connectionName, signal }, async ({ model, attempt, enter }) => {
    const channel = await attempt.race(model.createChannel());
    channel.on("error", () => {});
    const consumerTag = `streamll-${randomUUID()}`;
    const { wire, number } = consumingWire(model, channel);
    const subscription = openSubscription({
      ...{ model, wire, channel, channelNumber: number, consumerTag, request },
      ...{ label: endpoint.label, answerMs: connectionTimeoutMs },
    });
    attempt.onFailure(subscription.fail);
    tapDeliveries(wire, new DeliveryReader(number, subscription.arrived), subscription.pause);
    enter("consume");
    const msUntil = async (answer: Promise<unknown>): Promise<number> => {
      const askedAt = performance.now();
      await attempt.race(answer);
      return performance.now() - askedAt;
    };
    const first = await msUntil(channel.prefetch(request.window));
    if (request.counted !== undefined)
      request.counted((await attempt.race(channel.checkQueue(request.source))).messageCount);
    const second = await msUntil(channel.consume(request.source, () => {}, { consumerTag }));
    // The lesser one: whatever else a machine does at the moment makes an answer seem late.
    subscription.answered(Math.min(first, second));
    return subscription;
  });
}
