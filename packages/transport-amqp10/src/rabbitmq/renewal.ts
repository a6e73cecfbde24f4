import type { Endpoint, TransportOptions } from "@streamll/core";
import { type Login, login, renewBeforeExpiry } from "@streamll/transport-kit";
import type { OpenConnection } from "../dialect.js";
import { declarationFailure } from "./failure.js";
import { openManagement } from "./management.js";
import { isFrom } from "./version.js";

/**
 * Before a token expires, the broker is given a new one; before 4.1 it takes none on an open connection, which is
 * ended in good order then, and the next one logs in anew.
 */
export function renew(
  open: OpenConnection,
  first: Login,
  options: TransportOptions,
  endpoint: Endpoint,
): void {
  const { label } = endpoint;
  const takesTokens = isFrom(open.rhea, 4, 1);
  const stop = renewBeforeExpiry(first, {
    ask: takesTokens ? () => login(options, endpoint) : async () => first,
    update: async ({ password }) => (takesTokens ? putToken(open, password, label) : open.retire()),
    failed: (error) => open.fail(declarationFailure(error, label)),
    blocked: () => open.isBlocked,
  });
  open.life.addEventListener("abort", stop, { once: true });
}

async function putToken(open: OpenConnection, token: string, label: string): Promise<void> {
  const management = await openManagement(open, label);
  await management.request("PUT", "/auth/tokens", Buffer.from(token)).finally(management.close);
}
