import type { Receipt } from "@streamll/core";
import { RabbitMQSink } from "@streamll/sink";

/** Recipe 4 of the guide: the most that can be had of reliability, and latency is accepted for it. */
export const auditSink = (amqpUrl: string): RabbitMQSink =>
  new RabbitMQSink({
    amqpUrl,
    batchSize: 1, // at once
    confirmTimeout: 60, // patient
    publisherConfirms: true,
    durable: true,
    connectionPoolSize: 1, // one connection, one order
  });

/** Who did what to what. */
export interface Action {
  readonly actor: string;
  readonly verb: string;
  readonly subject: string;
}

/**
 * Records the action, then does it: what is not in the trail does not happen. While the broker is away, both wait.
 *
 * @throws DeliveryError when the action could not be recorded; it was not done then.
 */
export async function audited<T>(
  sink: RabbitMQSink,
  { actor, verb, subject }: Action,
  act: (receipt: Receipt) => T | Promise<T>,
): Promise<T> {
  const receipt = await sink.publish({
    executionId: subject,
    moduleName: "Audit",
    eventType: "audit",
    operation: verb,
    data: { subject },
    tags: { actor },
  });
  return act(receipt);
}
