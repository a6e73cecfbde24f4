import type { Connection } from "rhea";
import type { Claims } from "./claims.js";
import type { CbsFailure, Commands } from "./faults.js";
import type { TokenIssuer } from "./jwt.js";
import type { Answer, Request } from "./requests.js";
import { type AccessKey, claimOfSas, TokenRefused } from "./tokens.js";

/** A token that `$cbs` was sent, and what it answered. */
export interface TokenSeen {
  /** The node for which the token is meant, as the client wrote it. */
  readonly name: string;
  readonly type: string;
  readonly token: string;
  /** 0 for no answer. */
  readonly status: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface Cbs {
  readonly claims: Claims;
  readonly keys: ReadonlyMap<string, AccessKey>;
  readonly entra: TokenIssuer;
  readonly commands: Commands;
  readonly tokens: TokenSeen[];
  /** Called when a token of the connection is no longer valid. */
  readonly expired: (connection: Connection) => void;
}

/** Answers `put-token`: the connection may do what its token says, where that is good. */
export function takeToken(
  cbs: Cbs,
  connection: Connection,
  { properties, body }: Request,
): Answer | undefined {
  const { operation, name, type } = properties;
  if (operation !== "put-token")
    return { status: 400, description: "BadRequest: the operation is not known." };
  const token = String(body);
  const failure = cbs.commands.ofToken();
  const answer = failure ? onCommand(failure) : admit(cbs, connection, type === "jwt", token);
  cbs.tokens.push({
    name: String(name),
    type: String(type),
    token,
    status: answer?.status ?? 0,
    at: Date.now(),
  });
  return answer;
}

function admit(
  { claims, keys, entra, expired }: Cbs,
  connection: Connection,
  isJwt: boolean,
  token: string,
): Answer {
  try {
    const claim = isJwt ? entra.claimOf(token, claims.hostOf(connection)) : claimOfSas(token, keys);
    claims.put(connection, claim, () => expired(connection));
    return { status: 202, description: "Accepted" };
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error;
    return { status: 401, description: error.message, condition: authFailed };
  }
}

const authFailed = "com.microsoft:auth-failed";

function onCommand({ status = 401, description, condition = authFailed }: CbsFailure): Answer | undefined {
  if (status === "silence") return undefined;
  return {
    status,
    condition,
    description: description ?? "InvalidSignature: The token has an invalid signature.",
  };
}
