import type { TransportOptions } from "@streamll/core";
import { logLine } from "@streamll/core/internal";
import { isRecord } from "@streamll/core/options";
import { RefusedRequest } from "../http/api.js";
import type { Line } from "../line.js";
import { pathOf, subscriptionName } from "../names.js";

/** A subscription as the service has it. */
export interface Source {
  readonly id: string;
  /** The part of an URL that names it. */
  readonly path: string;
  /** For how long a message is leased, in seconds. */
  readonly ackDeadlineSeconds: number;
  /** The id of its topic, where that is known. */
  readonly topic?: string;
  /** The full name of the topic for its dead letters, where it has one. */
  readonly deadLetterTopic?: string;
}

/** The service's own default, in seconds: for an account that may not look. */
const ACK_DEADLINE_SECONDS = 10;

/** @throws RefusedRequest where it is not there. */
export async function sourceOf(
  { api, project, label }: Line,
  id: string,
  { connectionTimeoutMs: timeoutMs, logger }: Pick<TransportOptions, "connectionTimeoutMs" | "logger">,
  signal: AbortSignal,
): Promise<Source> {
  const path = pathOf(subscriptionName(project, id));
  try {
    const { ackDeadlineSeconds, topic, deadLetterPolicy } = await api.call({
      method: "GET",
      path,
      timeoutMs,
      signal,
    });
    const deadLetterTopic = isRecord(deadLetterPolicy) ? deadLetterPolicy.deadLetterTopic : undefined;
    return {
      ...{ id, path },
      ackDeadlineSeconds: Number(ackDeadlineSeconds) || ACK_DEADLINE_SECONDS,
      ...(typeof topic === "string" && { topic: topic.split("/").at(-1)! }),
      ...(typeof deadLetterTopic === "string" && { deadLetterTopic }),
    };
  } catch (error) {
    // The role Pub/Sub Subscriber lets its bearer pull, and not look.
    if (!(error instanceof RefusedRequest && error.status === 403)) throw error;
    const message = `${label}: the account may not look at the subscription "${id}": its ack deadline is taken for ${ACK_DEADLINE_SECONDS} s, and it has no dead letters here. Grant the account the role Pub/Sub Viewer on it`;
    logLine(logger, "option_warning", { about: "queue" }, message);
    return { id, path, ackDeadlineSeconds: ACK_DEADLINE_SECONDS };
  }
}
