import type { AmqpError } from "rhea";
import type { Fault } from "./dialect.js";

/** A connection, a session or a link came to its end. */
export class FaultError extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.description, { cause: fault.cause });
    this.fault = fault;
  }
}

/** Of what the other end says, in characters: it is looked through, and shown. */
const LONGEST = 2000;

/** @param error what the other end gave as the reason; it may give none. */
export function faultOf(
  stage: Fault["stage"],
  error: AmqpError | Error | undefined,
  otherwise: string,
): Fault {
  const { condition, description } = (error ?? {}) as AmqpError;
  return {
    stage,
    ...(condition === undefined ? {} : { condition: String(condition) }),
    description: (description || (condition === undefined ? otherwise : String(condition))).slice(0, LONGEST),
  };
}
