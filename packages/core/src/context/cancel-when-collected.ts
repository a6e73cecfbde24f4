import type { Call } from "./call.js";

const collected = new FinalizationRegistry<Call>((call) => call.cancel("abandoned"));

/** Cancels the call when its result has been garbage-collected: nothing can read it any more. */
export function cancelWhenCollected(result: object, call: Call): void {
  collected.register(result, call, call);
  call.onceEnded(() => collected.unregister(call));
}
