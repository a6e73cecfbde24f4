import {
  DeadLetter,
  type Delivery,
  type HandlerContext,
  parseEvent,
  type StreamllEvent,
} from "@streamll/core";
import { HandledMessage } from "./handled-message.js";
import type { EventDelivery, EventHandler } from "./options/consumer-options.js";

export interface DispatchSetup {
  readonly handlers?: Readonly<Record<string, EventHandler>> | undefined;
  readonly handle?: EventHandler | undefined;
  readonly onForeign?: ((delivery: EventDelivery) => unknown) | undefined;
  /** An event for which there is no handler. */
  unhandled(eventType: string): void;
}

/** Reads the event of a message, and hands it to the handler of its type. */
export function dispatcher({ handlers = {}, handle, onForeign, unhandled }: DispatchSetup) {
  const handlerOf = (type: string): EventHandler | undefined =>
    handle ?? (Object.hasOwn(handlers, type) ? handlers[type] : handlers["*"]);
  return (message: Delivery, context: HandlerContext): unknown => {
    const delivery = new HandledMessage(message, context);
    const event = eventIn(message);
    if (event === undefined) {
      if (onForeign !== undefined) return onForeign(delivery);
      throw new DeadLetter("INVALID_EVENT", "the message is no event");
    }
    const handler = handlerOf(event.eventType);
    return handler === undefined ? unhandled(event.eventType) : handler(event, delivery);
  };
}

function eventIn({ body }: Delivery): StreamllEvent | undefined {
  try {
    return parseEvent(JSON.parse(body.toString("utf8")));
  } catch {
    return undefined;
  }
}
