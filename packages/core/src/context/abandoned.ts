import type { Call } from "./call.js";

const dropped = new FinalizationRegistry<Call>((call) => call.cancel("abandoned"));

/** Ends the call as cancelled when its result has gone from memory: nobody can read it any more. */
export function endWithout(result: object, call: Call): void {
  dropped.register(result, call, call);
  call.whenOver(() => dropped.unregister(call));
}
