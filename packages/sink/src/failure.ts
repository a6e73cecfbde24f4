import { type DeliveryError, type DeliveryErrorCode, parseEvent, type StreamllEvent } from "@streamll/core";
import type { EngineFailure } from "@streamll/core/internal";

/** One event that was not delivered. */
export interface Failure {
  readonly event: StreamllEvent;
  readonly code: DeliveryErrorCode;
  /** 0 when it was never sent. */
  readonly attempts: number;
  /** The broker's answer, if it gave one. */
  readonly cause: unknown;
  readonly error: DeliveryError;
}

/** The event is read back from its JSON only if somebody asks: nothing else of it was kept. */
export function failureOf({ message, error, attempts }: EngineFailure): Failure {
  let event: StreamllEvent | undefined;
  return {
    get event() {
      event ??= parseEvent(JSON.parse(String(message.body())));
      return event;
    },
    code: error.code,
    attempts,
    cause: error.cause,
    error,
  };
}
