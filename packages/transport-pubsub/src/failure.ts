import { TransportError } from "@streamll/core";
import { isStreamllError, textOf } from "@streamll/core/internal";
import { classifySocketError, errorOf, silentPeer, type Verdict, verdict } from "@streamll/transport-kit";
import { RefusedRequest } from "./http/api.js";
import { TimedOut } from "./http/client.js";

// Of kind `unreachable`: the engine would take `protocol` for the word of a broker about an event.
const ODD = "The other end does not answer as Pub/Sub does: is there a proxy between?";

const hints = {
  plain: "The port does not speak TLS: an emulator is reached by pubsub-emulator://HOST:PORT/PROJECT",
  unreachable: "Check pubsubEndpoint and the way to it, or that the emulator runs",
} as const;

/** Puts whatever was thrown in the terms of the seam; `label` is the endpoint's. */
export function failure(error: unknown, label: string): TransportError {
  if (error instanceof TransportError) return error;
  const text = `${label}: ${textOf(error)}`;
  if (isStreamllError(error)) return new TransportError("protocol", text, { cause: error, permanent: true });
  if (error instanceof RefusedRequest) return errorOf(verdictOf(error), text, error);
  if (error instanceof TimedOut) return errorOf(silentPeer, text, error);
  const ofSocket = classifySocketError(error, hints);
  return errorOf(ofSocket ?? verdict("unreachable", false, ODD), text, error);
}

/** By the status of HTTP, and by the reason: https://cloud.google.com/pubsub/docs/reference/error-codes */
function verdictOf({ status, reason }: RefusedRequest): Verdict {
  if (status === 401) return verdict("auth", true, "Check account and key, and the clock of this machine");
  if (status === 403)
    return verdict(
      "permission",
      true,
      "Give the account the role Pub/Sub Publisher on the topic, or Pub/Sub Subscriber on the subscription",
    );
  if (status === 404) return verdict("not-found", true, "Create it, or check its name and the project");
  if (status === 409) return verdict("topology-conflict", true, "Something else of that name is there");
  if (status === 413) return verdict("too-large", true, "A request to Pub/Sub has at most 10 MB");
  if (status === 429)
    return verdict("throttled", false, "A quota is used up: see the project's quotas of Pub/Sub");
  // The topic's key or schema settings, or its region's policy: no event is guilty, and each would meet the same.
  if (reason === "FAILED_PRECONDITION")
    return verdict(
      "throttled",
      false,
      "Events wait until the topic takes them: check its encryption key and its storage policy",
    );
  if (status === 408 || status >= 499)
    return verdict("timeout", false, "The service had a problem of its own: it is tried again");
  if (accuses({ status, reason })) return verdict("protocol", true, "The service does not take the event");
  return verdict("unreachable", false, ODD);
}

/** Whether what is in the request is the reason, by the service's own word: what is between may answer 4xx too. */
export const accuses = ({ status, reason }: Pick<RefusedRequest, "status" | "reason">): boolean =>
  status === 413 || reason === "INVALID_ARGUMENT";

/** Whether the request may have been carried out although it failed. */
export const maybeDone = (error: unknown): boolean =>
  !(error instanceof RefusedRequest) || error.status === 408 || error.status >= 499;
