import { setTimeout } from "node:timers/promises";
import { type Endpoint, TransportError } from "@streamll/core";
import { unlessAborted } from "../exit.js";
import { toldIfSlow } from "../patience.js";
import {
  type Delivery,
  MissingExchange,
  type Subscribe,
  type Subscription,
  type Where,
} from "./subscription.js";

const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 15_000;
/** An exchange that is waited for: what arrives between its declaration and the next look is not seen. */
const MAX_LOOK_PAUSE_MS = 800;

export interface Following {
  /** The addresses of one cluster, tried one after another. */
  readonly endpoints: readonly Endpoint[];
  readonly subscribe: Subscribe;
  readonly where: Omit<Where, "endpoint">;
  receive(delivery: Delivery): void;
  connected(endpoint: Endpoint): void;
  /** It takes long to get an answer there. */
  waiting(endpoint: Endpoint): void;
  /** What arrives until it is connected again does not come. */
  disconnected(reason: string): void;
  /** After the first connection: one could not be opened, and is tried again. */
  refused(error: TransportError): void;
  /** Told once each time that there is no exchange: it is waited for. Without this, that is an error. */
  missing?(error: MissingExchange): void;
  readonly ended: AbortSignal;
}

/**
 * Keeps a subscription until `ended`, and subscribes again where it is lost.
 *
 * @throws TransportError where the first attempt fails at every address, and for errors that will not recover by themselves.
 */
export async function follow(following: Following): Promise<void> {
  const { ended } = following;
  let connectedBefore = false;
  let isMissing = false;
  for (let failures = 0; !ended.aborted; ) {
    const attempt = await unlessAborted(tryEach(following), ended);
    if (attempt === undefined) return;
    if ("error" in attempt) {
      if (following.missing && attempt.error instanceof MissingExchange) {
        if (!isMissing) following.missing(attempt.error);
        isMissing = true;
        await pause(failures++, ended, MAX_LOOK_PAUSE_MS);
        continue;
      }
      if (!connectedBefore || attempt.error.permanent) throw attempt.error;
      following.refused(attempt.error);
      await pause(failures++, ended);
      continue;
    }
    const { subscription, endpoint } = attempt;
    following.connected(endpoint);
    connectedBefore = true;
    isMissing = false;
    failures = 0;
    const reason = await unlessAborted(subscription.closed, ended);
    await subscription.close();
    if (reason !== undefined) following.disconnected(reason);
  }
}

type Attempt =
  | { readonly subscription: Subscription; readonly endpoint: Endpoint }
  | { readonly error: TransportError };

async function tryEach({ endpoints, subscribe, where, receive, waiting }: Following): Promise<Attempt> {
  let first: TransportError | undefined;
  for (const endpoint of endpoints) {
    try {
      const subscribing = subscribe({ ...where, endpoint }, receive);
      return { subscription: await toldIfSlow(subscribing, () => waiting(endpoint)), endpoint };
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      first ??= error;
    }
  }
  return { error: first! };
}

/** With jitter, so that clients that lost the same broker do not all return at once. */
function pause(failures: number, signal: AbortSignal, most = MAX_PAUSE_MS): Promise<void> {
  const ms = Math.min(FIRST_PAUSE_MS * 2 ** failures, most) * (0.5 + Math.random() / 2);
  return setTimeout(ms, undefined, { signal }).catch(() => {});
}
