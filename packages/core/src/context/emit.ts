import { createEvent } from "../event/create-event.js";
import type { EventInput } from "../event/event.js";
import { aside, callAround, recording } from "./context.js";

/** What `emit` takes beside the type of the event. All of it has a default. */
export type EventFields = Omit<EventInput, "eventType">;

/**
 * Sends an event of your own. Inside a call it has that call's execution, module, method, operation and tags, and
 * its `start` as parent, unless `fields` say otherwise. Never throws.
 *
 * @returns Whether all sinks took it; `false` where nothing is configured. One that a filter leaves out counts as
 *   taken.
 * @example
 * emit("documents_found", { data: { count: documents.length } });
 */
export function emit(eventType: string, fields?: EventFields): boolean {
  const configuration = recording();
  if (configuration === undefined) return false;
  const taken = aside(configuration, () => {
    const call = callAround();
    const tags = call?.tags ?? configuration.recording.tags;
    const event = createEvent({
      ...(call && { moduleName: call.moduleName, methodName: call.methodName, operation: call.operation }),
      ...fields,
      tags: { ...tags, ...fields?.tags },
      eventType,
      ...(call && {
        executionId: fields?.executionId ?? call.executionId,
        parentId: fields?.parentId ?? call.startId,
      }),
    });
    return configuration.deliver(event);
  });
  return taken ?? false;
}
