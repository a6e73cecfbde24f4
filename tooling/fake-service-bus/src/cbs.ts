import type { CbsFailure } from "./faults.js";
import type { Answer, Request } from "./requests.js";
import { TokenRefused } from "./tokens.js";

/** What `$cbs` was asked. */
export interface PutToken {
  /** The node for which the token is meant, as the client wrote it. */
  readonly name: string;
  readonly type: string;
  readonly token: string;
}

/** Undefined for any other request. */
export const putToken = ({ properties, body }: Request): PutToken | undefined =>
  properties.operation === "put-token"
    ? { name: String(properties.name), type: String(properties.type), token: String(body) }
    : undefined;

/** @param take throws TokenRefused. */
export function answerToken(take: () => void): Answer {
  try {
    take();
    return { status: 202, description: "Accepted" };
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error;
    return { status: 401, description: error.message, condition: "com.microsoft:auth-failed" };
  }
}

export const tokenFailure = (failure: CbsFailure): Answer | undefined =>
  failure.status === "silence"
    ? undefined
    : {
        status: failure.status ?? 401,
        description: failure.description ?? "InvalidSignature: The token has an invalid signature.",
        condition: failure.condition ?? "com.microsoft:auth-failed",
      };
