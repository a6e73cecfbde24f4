import type { SubscribeRequest } from "@streamll/core";
import type { Consume } from "../consuming/consumer.js";
import { entityManagement } from "./entity-management.js";
import { consumeQueue } from "./queue-consumer.js";
import { openRequests } from "./requests.js";
import { consumeSessions } from "./session-consumer.js";

/**
 * Consumes from a queue, or from a subscription (`TOPIC/Subscriptions/NAME`), by peek-lock. Its management node comes
 * first: it tells whether the entity is there, and renews and settles by locks.
 */
export const consume: Consume = async (consuming) => {
  const { open, request, label, attaching } = consuming;
  const entity = entityOf(request);
  const node = `${entity}/$management`;
  await attaching(node);
  const requests = await openRequests(open, node, label);
  const management = entityManagement(requests, `${label}: ${entity}`);
  const begin = request.sessions === undefined ? consumeQueue : consumeSessions;
  const consumer = await begin({ ...consuming, entity, management });
  return {
    ...consumer,
    async close() {
      await consumer.close();
      requests.close();
    },
  };
};

const entityOf = ({ source, deadLetters }: SubscribeRequest): string =>
  deadLetters ? `${source}/$deadletterqueue` : source;
