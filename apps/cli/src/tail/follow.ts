import { setTimeout } from "node:timers/promises";
import { type Endpoint, TransportError } from "@streamll/core";
import { whenAborted } from "../exit.js";
import type { Delivery, Subscribe, Subscription, Where } from "./subscription.js";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

export interface Following {
  /** Of one cluster, tried one after another. */
  readonly endpoints: readonly Endpoint[];
  readonly subscribe: Subscribe;
  readonly where: Omit<Where, "endpoint">;
  receive(delivery: Delivery): void;
  say(text: string): void;
  readonly ended: AbortSignal;
}

/**
 * Keeps a subscription until `ended`: one that is lost is made again.
 *
 * @throws TransportError where the first try fails at every address, and for what will not heal by itself.
 */
export async function follow(following: Following): Promise<void> {
  const { where, say, ended } = following;
  const over = whenAborted(ended);
  let connectedBefore = false;
  for (let failures = 0; !ended.aborted; ) {
    const attempt = await Promise.race([tryEach(following), over]);
    if (attempt === undefined) return;
    if ("error" in attempt) {
      if (!connectedBefore || attempt.error.permanent) throw attempt.error;
      say(`not connected: ${attempt.error.message}; trying again`);
      await pause(failures++, ended);
      continue;
    }
    const { subscription, endpoint } = attempt;
    say(`tailing ${where.exchange} (${where.patterns.join(", ") || "everything"}) on ${endpoint.label}`);
    connectedBefore = true;
    failures = 0;
    const reason = await Promise.race([subscription.closed, over]);
    await subscription.close();
    if (reason !== undefined) say(`connection lost: ${reason}; what comes before it is back is not shown`);
  }
}

type Attempt =
  | { readonly subscription: Subscription; readonly endpoint: Endpoint }
  | { readonly error: TransportError };

async function tryEach({ endpoints, subscribe, where, receive }: Following): Promise<Attempt> {
  let first: TransportError | undefined;
  for (const endpoint of endpoints) {
    try {
      return { subscription: await subscribe({ ...where, endpoint }, receive), endpoint };
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      first ??= error;
    }
  }
  return { error: first! };
}

/** With jitter, so that those who lost one broker do not come back as one. */
function pause(failures: number, signal: AbortSignal): Promise<void> {
  const ms = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);
  return setTimeout(ms, undefined, { signal }).catch(() => {});
}
