import type { StreamllEvent } from "../event/event.js";
import type { CallAround } from "./call-around.js";
import type { Configuration } from "./configuration.js";
import { context, recording } from "./context.js";

/**
 * Runs a function as part of the call that emitted an event, even if that was in another process: what is recorded in the
 * function has the event's execution, and that call as parent. Returns what the function returns, and throws what it
 * throws. Before `configure` the function just runs, and nothing is recorded.
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

/** The call that emitted an event. It ends where it began, so nothing here ends it. */
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
    childOpened: nothing,
    childEnded: nothing,
  };
}
