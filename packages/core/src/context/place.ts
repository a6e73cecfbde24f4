import type { Call } from "./call.js";
import { context } from "./context.js";

/** Where in which run a call belongs, as its options say. */
export interface PlaceOptions {
  /**
   * The run that it is part of. Default: that of its parent, else a new one. A job or a worker gives that of whoever
   * began it, so that both are one run.
   */
  readonly executionId?: string | undefined;
  /**
   * The id of the call around it. Default: the call that the code runs in. One that is not open in this process is kept
   * beside an `executionId`, as it is of another process; else the call begins a run of its own.
   */
  readonly parentId?: string | undefined;
}

export interface Place {
  /** The call around it, where that is of this process. */
  readonly parent: Call | undefined;
  readonly parentId: string | undefined;
  readonly executionId: string | undefined;
}

export function placeOf({ executionId, parentId }: PlaceOptions): Place {
  const around = context.calls.getStore();
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
