import {
  continueExecution,
  DeadLetter,
  type Delivery,
  type HandlerContext,
  parseEvent,
  type StreamllEvent,
} from "@streamll/core";
import { isThenable } from "@streamll/core/internal";
import { HandledMessage } from "./handled-message.js";
import type { EventDelivery, EventHandler } from "./options/consumer-options.js";
import { type StandardSchema, validated } from "./standard-schema.js";
import { inTraceOf } from "./trace-context.js";

/** What becomes of an event, and of its message. */
export type Take = (event: StreamllEvent, message: Delivery, context: HandlerContext) => unknown;

export interface DispatchSetup {
  readonly take: Take;
  readonly schema?: Readonly<Record<string, StandardSchema>> | undefined;
  readonly onForeign?: ((delivery: EventDelivery) => unknown) | undefined;
}

/** Reads the event of a message, checks it by the schema of its type, and hands it on. */
export function dispatcher({ take, schema, onForeign }: DispatchSetup) {
  const schemaOf = schema && byType(schema);
  return (message: Delivery, context: HandlerContext): unknown => {
    const event = eventIn(message);
    if (event === undefined) {
      if (onForeign !== undefined) return onForeign(new HandledMessage(message, context));
      throw new DeadLetter("INVALID_EVENT", "the message is no event");
    }
    const own = schemaOf?.(event.eventType);
    if (own === undefined) return take(event, message, context);
    const checked = validated(event, own);
    return isThenable(checked)
      ? checked.then((checked) => take(checked, message, context))
      : take(checked, message, context);
  };
}

export interface HandlersSetup {
  readonly handlers?: Readonly<Record<string, EventHandler>> | undefined;
  readonly handle?: EventHandler | undefined;
  readonly continueExecution: boolean;
  /** With `continueExecution`: whether the span of the message's publisher is the active one, and not that of the try. */
  readonly continueTrace: boolean;
  /** An event for which there is no handler. */
  unhandled(eventType: string): void;
}

/** Calls the handler of an event's type. */
export function toHandlers({ handlers = {}, handle, unhandled, ...setup }: HandlersSetup): Take {
  const handlerOf = byType(handlers);
  const call: Take = (event, message, context) => {
    const handler = handle ?? handlerOf(event.eventType);
    if (handler === undefined) return unhandled(event.eventType);
    return handler(event, new HandledMessage(message, context));
  };
  if (!setup.continueExecution) return call;
  const continued: Take = (event, message, context) =>
    continueExecution(event, () => call(event, message, context));
  if (!setup.continueTrace) return continued;
  return (event, message, context) => inTraceOf(message.headers, () => continued(event, message, context));
}

/** Types come from the wire: one may be called as what every object has. */
function byType<T>(all: Readonly<Record<string, T>>): (type: string) => T | undefined {
  const byName = new Map(Object.entries(all));
  const others = byName.get("*");
  return (type) => byName.get(type) ?? others;
}

/** `undefined` where the message is no event. */
export function eventIn({ body }: Pick<Delivery, "body">): StreamllEvent | undefined {
  try {
    return parseEvent(JSON.parse(body.toString("utf8")));
  } catch {
    return undefined;
  }
}
