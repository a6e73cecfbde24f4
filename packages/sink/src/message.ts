import type { AnyEvent, StreamllEvent } from "@streamll/core";
import {
  compileTemplate,
  encodeEvent,
  epochMsOf,
  type PreparedMessage,
  toEvent,
} from "@streamll/core/internal";
import { headersMaker } from "./headers.js";
import { answerOf, type Complain, faultOf } from "./logging.js";
import type { ResolvedOptions } from "./options/table.js";

/** `transform` threw: the event may hold what was to be redacted, so it is not taken. */
class TransformFailed extends Error {}

/**
 * Makes the message of an event: filter, transform, encode, route. `undefined` for one that is left out.
 *
 * @throws InvalidEventError for what is no event.
 */
export function messageMaker(
  { eventFilter, transform, routingKey, headers, maxEventBytes }: ResolvedOptions,
  complain: Complain,
): (event: AnyEvent) => PreparedMessage | undefined {
  const template = compileTemplate(routingKey);
  const headersOf = headersMaker(headers, complain);

  const passes = (event: StreamllEvent): boolean => {
    if (typeof eventFilter !== "function") return eventFilter!.has(event.eventType);
    try {
      return answerOf(() => eventFilter(event)) !== false;
    } catch (error) {
      complain("eventFilter", `eventFilter ${faultOf(error)}; the event passes (said once)`);
      return true;
    }
  };

  const transformed = (event: StreamllEvent): StreamllEvent | undefined => {
    try {
      return answerOf(() => transform!(event));
    } catch (error) {
      const message = `transform ${faultOf(error)}; the event is not taken`;
      complain("transform", `${message} (said once)`);
      throw new TransformFailed(message, { cause: error });
    }
  };

  return (given) => {
    let event = toEvent(given);
    if (eventFilter !== undefined && !passes(event)) return undefined;
    if (transform !== undefined) {
      const result = transformed(event);
      if (result === undefined) return undefined;
      event = toEvent(result);
    }
    return {
      sequence: 0,
      routingKey: template.render(event),
      body: encodeEvent(event, maxEventBytes),
      messageId: event.eventId,
      correlationId: event.executionId,
      type: event.eventType,
      timestamp: epochMsOf(event.timestamp),
      headers: headersOf(event),
    };
  };
}
