import { createEvent } from "../event/create-event.js";
import type { EventInput } from "../event/event.js";
import { callAround, recording, safely } from "./context.js";

/** The fields of an event that `emit` accepts beside its type. All are optional. */
export type EventFields = Omit<EventInput, "eventType">;

/**
 * Emits an event of your own. Inside a call, the event takes that call's execution, module, method, operation and tags,
 * and its `start` as parent, unless `fields` override them. Never throws.
 *
 * @returns Whether all sinks accepted the event; `false` if nothing is configured. An event that the filter excludes
 *   counts as accepted.
 * @example
 * emit("documents_found", { data: { count: documents.length } });
 */
export function emit(eventType: string, fields?: EventFields): boolean {
  const configuration = recording();
  if (configuration === undefined) return false;
  const taken = safely(configuration, () => {
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
