import type { TransportError } from "../errors.js";
import type { HealthIssue } from "../telemetry/health-checks.js";
import type { Recent } from "../telemetry/log-throttle.js";
import type { ConsumingOptions } from "./options.js";
import type { ConsumingHealth } from "./report.js";

export interface ConsumingCircumstances {
  readonly options: ConsumingOptions;
  readonly isLog: boolean;
  /** What last went wrong with the subscription, until one is up again. */
  readonly lastError: TransportError | undefined;
  /** How many have used up their tries, and are tried on. */
  readonly exhausted: number;
  /** Why dead letters cannot be put to their exchange. */
  readonly unparked: HealthIssue | undefined;
  readonly recent: readonly Recent[];
}

/** All that is wrong with a consumer, each thing once. */
export function findConsumingIssues({
  options,
  isLog,
  lastError,
  exhausted,
  unparked,
  recent,
}: ConsumingCircumstances): HealthIssue[] {
  const issues: HealthIssue[] = [];
  if (lastError !== undefined) {
    const { code, message } = lastError;
    issues.push({ about: `outage ${code}`, outage: true, code, message });
  }
  if (exhausted > 0) {
    const advice = isLog
      ? "a handler that throws DeadLetter passes such a message over"
      : "set deadLetterExchange to give such messages up";
    const message = `${exhausted} messages of "${options.source}" have failed ${options.attempts} times, and keep their places: ${advice}`;
    issues.push({ about: "exhausted", code: "RETRIES_EXHAUSTED", message });
  }
  if (unparked !== undefined) issues.push(unparked);
  issues.push(...recent.map(({ code, message }) => ({ about: `events ${code}`, code, message })));
  return [...new Map(issues.map((issue) => [issue.about, issue])).values()];
}

export interface ConsumingState {
  readonly isRunning: boolean;
  readonly isSubscribed: boolean;
  readonly pending: number;
  readonly lastError: TransportError | undefined;
  readonly problems: ConsumingHealth["problems"];
}

export function consumingHealthOf({
  isRunning,
  isSubscribed,
  pending,
  lastError,
  problems,
}: ConsumingState): ConsumingHealth {
  const isUp = isSubscribed && problems.length === 0;
  return {
    status: !isRunning ? "stopped" : isUp ? "up" : "degraded",
    subscribed: isSubscribed,
    pending,
    ...(lastError && { lastError: { code: lastError.code, message: lastError.message } }),
    problems,
  };
}
