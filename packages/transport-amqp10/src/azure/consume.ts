import type { SubscribeRequest } from "@streamll/core";
import type { Consume } from "../consuming/consumer.js";
import { browse } from "./browse.js";
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
  const opened = async () => {
    await attaching(node);
    return openRequests(open, node, label);
  };
  let requests = opened();
  await requests;
  const management = entityManagement(async (properties, body) => {
    if (
      await requests.then(
        ({ isEnded }) => isEnded,
        () => true,
      )
    )
      requests = opened();
    return (await requests).request(properties, body);
  }, `${label}: ${entity}`);
  if (request.browse !== undefined) return browse({ ...consuming, entity, management });
  const begin = request.sessions === undefined ? consumeQueue : consumeSessions;
  return begin({ ...consuming, entity, management });
};

const entityOf = ({ source, deadLetters }: SubscribeRequest): string =>
  deadLetters ? `${source}/$deadletterqueue` : source;
