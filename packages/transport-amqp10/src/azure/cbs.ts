import { TransportError } from "@streamll/core";
import type { OpenConnection } from "../dialect.js";
import { verdictOf, verdictOfStatus } from "./conditions.js";
import { openRequests } from "./requests.js";
import type { Token } from "./token.js";

/** Claims-based security: puts tokens at the node `$cbs` of an open connection. */
export interface Cbs {
  /** @throws TransportError when the service does not take it, or does not answer. */
  put(audience: string, token: Token): Promise<void>;
}

export async function openCbs(open: OpenConnection, label: string): Promise<Cbs> {
  const { request } = await openRequests(open, "$cbs", label);
  return {
    async put(audience, { type, value }) {
      const answer = await request({ operation: "put-token", name: audience, type }, value);
      const { status, condition, description } = answer;
      if (status >= 200 && status < 300) return;
      const { kind, permanent, hint } = verdictOf(condition) ?? verdictOfStatus(status);
      const message = `${label}: ${audience}: the token is not taken (${status}): ${description.replace(/\.$/, "")}. ${hint}`;
      throw new TransportError(kind, message, { permanent });
    },
  };
}
