import type { AnyEvent, MessageOwn, StreamllEvent } from "@streamll/core";
import {
  BodyEncoder,
  compileTemplate,
  epochMsOf,
  isPlainObject,
  PreparedMessage,
  type Template,
  toEvent,
} from "@streamll/core/internal";
import type { Option } from "@streamll/core/options";
import { cloudEventHeaders, structuredCloudEvent } from "./cloud-event.js";
import { type ExchangeRequest, routingType } from "./exchange-type.js";
import { batchHeaders, eventHeaders, headersMaker } from "./headers.js";
import { answerOf, type Complain, faultOf } from "./logging.js";
import type { ResolvedOptions } from "./options/table.js";

/** Templates of the transport's own options, by their names. */
export type OwnTemplates = readonly (readonly [option: string, template: Template])[];

/** By the table of the transport's own options, and by what the user gave for them. */
export const ownTemplates = (
  rows: Readonly<Record<string, Pick<Option<unknown>, "perEvent">>>,
  own: Readonly<Record<string, unknown>>,
): OwnTemplates =>
  Object.entries(own).flatMap(([option, value]) =>
    rows[option]?.perEvent && typeof value === "string" ? [[option, compileTemplate(value)] as const] : [],
  );

/** `transform` threw: the event may hold what was to be redacted, so it is rejected. */
class TransformFailed extends Error {}

/** So that a `transform` which deletes a field does it to neither the caller's objects nor another sink's event. */
const copyOf = (event: StreamllEvent): StreamllEvent => ({
  ...event,
  data: shallowCopy(event.data),
  tags: shallowCopy(event.tags),
});

/** An instance of a class, and an object that throws when it is read, are not copied: the encoder can write them. */
function shallowCopy<T extends object>(value: T): T {
  try {
    return isPlainObject(value) ? { ...value } : value;
  } catch {
    return value;
  }
}

/** Headers of single events would keep events apart that may be one message; an exchange of type headers routes by them. */
const hasEventHeaders = ({
  messageFormat,
  ...request
}: ExchangeRequest & Pick<ResolvedOptions, "messageFormat">): boolean =>
  messageFormat === "single" || routingType(request) === "headers";

/**
 * Makes the message of an event: filter, transform, encode, route. `undefined` for one that is filtered out.
 *
 * @throws InvalidEventError for an object that is not an event.
 */
export function messageMaker(
  { eventFilter, transform, routingKey, headers, maxEventBytes, ...values }: ResolvedOptions,
  templates: OwnTemplates,
  complain: Complain,
): (event: AnyEvent) => PreparedMessage | undefined {
  const template = compileTemplate(routingKey);
  const bodies = new BodyEncoder(maxEventBytes);
  const headersOf = headersMaker(headers, hasEventHeaders(values) ? eventHeaders : batchHeaders, complain);
  const cloudEvents = values.envelope === "cloudevents" ? values.cloudEventsMode : undefined;

  const passes = (event: StreamllEvent): boolean => {
    if (typeof eventFilter !== "function") return eventFilter!.has(event.eventType);
    try {
      return answerOf(() => eventFilter(event)) !== false;
    } catch (error) {
      complain(
        "callback_failed",
        "eventFilter",
        `eventFilter ${faultOf(error)}; the event passes (reported once)`,
      );
      return true;
    }
  };

  const transformed = (event: StreamllEvent): StreamllEvent | undefined => {
    try {
      return answerOf(() => transform!(copyOf(event)));
    } catch (error) {
      const message = `transform ${faultOf(error)}; the event is rejected`;
      complain("callback_failed", "transform", `${message} (reported once)`);
      throw new TransformFailed(message, { cause: error });
    }
  };

  const ownOf = (event: StreamllEvent): MessageOwn | undefined =>
    templates.length === 0
      ? undefined
      : Object.fromEntries(templates.map(([option, template]) => [option, template.render(event)]));

  return (given) => {
    let event = toEvent(given);
    if (eventFilter !== undefined && !passes(event)) return undefined;
    if (transform !== undefined) {
      const result = transformed(event);
      if (result === undefined) return undefined;
      event = toEvent(result);
    }
    const ownHeaders = headersOf(event);
    return new PreparedMessage({
      routingKey: template.render(event),
      body:
        cloudEvents === "structured"
          ? structuredCloudEvent(event, ownHeaders, bodies.text(event))
          : bodies.encode(event),
      messageId: event.eventId,
      correlationId: event.executionId,
      type: event.eventType,
      timestamp: epochMsOf(event.timestamp),
      headers: cloudEvents === "binary" ? cloudEventHeaders(event, ownHeaders) : ownHeaders,
      own: ownOf(event),
    });
  };
}
