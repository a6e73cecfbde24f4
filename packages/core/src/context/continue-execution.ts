import type { StreamllEvent } from "../event/event.js";
import type { CallAround } from "./call-around.js";
import type { Configuration } from "./configuration.js";
import { context, recording } from "./context.js";

/**
 * Runs a function as a part of the call that an event tells of, also where that is of another process: what is recorded
 * in it has the event's execution, and the call as parent. Gives what the function gives, and throws what it throws.
 *
 * Nothing is recorded before `configure`; the function just runs then.
 *
 * @example
 * for await (const delivery of consumer) {
 *   await continueExecution(delivery.event, () => trace("bill", () => bill(delivery.event)));
 *   await delivery.done();
 * }
 */
export function continueExecution<R>(event: StreamllEvent, fn: () => R): R {
  const configuration = recording();
  return configuration === undefined ? fn() : context.calls.run(callOf(event, configuration), fn);
}

const starts: ReadonlySet<string> = new Set(["start", "llm_start"]);
const nothing = () => {};

/** The call of an event, which ends where it was begun. */
function callOf(event: StreamllEvent, configuration: Configuration): CallAround {
  const { executionId, eventId, eventType, parentId = eventId, moduleName, methodName, tags } = event;
  return {
    executionId,
    startId: starts.has(eventType) ? eventId : parentId,
    moduleName,
    methodName,
    operation: event.operation ?? methodName,
    parent: undefined,
    isOpen: true,
    tags,
    configuration,
    reading: undefined,
    fail: nothing,
    cancel: nothing,
    isIdle: () => false,
    openedBelow: nothing,
    endedBelow: nothing,
  };
}
