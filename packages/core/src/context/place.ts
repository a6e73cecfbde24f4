import type { CallAround } from "./call-around.js";
import { callAround, context } from "./context.js";
import type { PlaceOptions } from "./options.js";

export interface Place {
  /** The enclosing call, if it runs in this process. */
  readonly parent: CallAround | undefined;
  readonly parentId: string | undefined;
  readonly executionId: string | undefined;
}

export function placeOf({ executionId, parentId }: PlaceOptions): Place {
  const around = callAround();
  if (parentId !== undefined) {
    const parent = around?.startId === parentId ? around : context.open.find(parentId);
    const isKept = parent !== undefined || executionId !== undefined;
    return {
      parent,
      parentId: isKept ? parentId : undefined,
      executionId: executionId ?? parent?.executionId,
    };
  }
  const isOfRun = executionId === undefined || around?.executionId === executionId;
  const parent = isOfRun ? around : undefined;
  return { parent, parentId: parent?.startId, executionId: executionId ?? parent?.executionId };
}
