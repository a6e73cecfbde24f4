import { types } from "node:util";
import type { InboundMessage } from "@streamll/core";

/** One entry of the broker's own history of a dead letter: all deaths in one queue for one reason. */
export interface Death {
  readonly queue: string;
  /** `rejected`, `expired`, `maxlen` or `delivery_limit`. */
  readonly reason: string;
  readonly count: number;
  /** Where the message had been published to, the first of those times. */
  readonly exchange: string;
  readonly routingKey: string;
  readonly time?: Date | undefined;
}

/** Why a message is a dead letter, and where it was meant for. Of a foreign one as much as its broker tells. */
export interface Failure {
  /**
   * Of the sink (`UNROUTABLE` …), of a consumer (`RETRIES_EXHAUSTED`, `MAX_DELIVERIES`, or that of a `DeadLetter`), else
   * the broker's reason in capitals: `EXPIRED`, `REJECTED`, `MAXLEN`, `DELIVERY_LIMIT`; `UNKNOWN` where none is told.
   */
  readonly code: string;
  /** For people. */
  readonly reason: string;
  /** The broker's history, the latest first; empty where it has none. */
  readonly deaths: readonly Death[];
  /** How often it was tried before it was given up, where that is told. */
  readonly attempts?: number | undefined;
  /** Where the message was published to; `""` is the default exchange. */
  readonly exchange?: string | undefined;
  readonly routingKey?: string | undefined;
  /** The queue whose consumer gave it up, or in which it died. */
  readonly queue?: string | undefined;
  readonly failedAt?: Date | undefined;
  /** How often it was replayed before. */
  readonly replayed: number;
  /** Of the latest replay. */
  readonly replayId?: string | undefined;
}

type Headers = Readonly<Record<string, unknown>>;

/**
 * What the headers of a dead letter tell: those of the sink and of a consumer first, then those that RabbitMQ writes
 * (`x-death`; over AMQP 1.0 `x-opt-deaths`) and those of Azure Service Bus (`DeadLetterReason`).
 */
export function failureOf({ headers }: Pick<InboundMessage, "headers">): Failure {
  const deaths = deathsOf(headers);
  const first = firstDeath(headers, deaths);
  const code = text(headers.streamll_failure) ?? text(headers.DeadLetterReason);
  const told = text(headers.streamll_failure_message) ?? text(headers.DeadLetterErrorDescription);
  return {
    code: code ?? first?.reason.toUpperCase() ?? "UNKNOWN",
    reason:
      told ?? (first === undefined ? "no reason is told" : `${first.reason} in the queue "${first.queue}"`),
    deaths,
    attempts: count(headers.streamll_attempts),
    exchange: text(headers.streamll_exchange) ?? first?.exchange,
    routingKey: text(headers.streamll_routing_key) ?? first?.routingKey,
    queue: text(headers.streamll_queue) ?? first?.queue,
    failedAt: date(headers.streamll_failed_at) ?? deaths[0]?.time,
    replayed: count(headers.streamll_replayed) ?? 0,
    replayId: text(headers.streamll_replay_id),
  };
}

/**
 * The entry that matches `x-first-death-*`: its exchange and keys are those of the original publish. Others are of
 * exchanges on the way, and RabbitMQ keeps the latest first (https://www.rabbitmq.com/docs/dlx#effects).
 */
function firstDeath(headers: Headers, deaths: readonly Death[]): Death | undefined {
  const queue = headers["x-first-death-queue"] ?? headers["x-opt-first-death-queue"];
  const reason = headers["x-first-death-reason"] ?? headers["x-opt-first-death-reason"];
  return deaths.find((death) => death.queue === queue && death.reason === reason) ?? deaths.at(-1);
}

function deathsOf(headers: Headers): Death[] {
  const entries = headers["x-death"] ?? headers["x-opt-deaths"];
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry: unknown) => {
    if (typeof entry !== "object" || entry === null) return [];
    const fields = entry as Headers;
    const [routingKey] = Array.isArray(fields["routing-keys"]) ? fields["routing-keys"] : [];
    return {
      queue: text(fields.queue) ?? "",
      reason: text(fields.reason) ?? "unknown",
      count: count(fields.count) ?? 1,
      exchange: text(fields.exchange) ?? "",
      routingKey: text(routingKey) ?? "",
      time: date(fields.time ?? fields["first-time"]),
    };
  });
}

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

const count = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

function date(value: unknown): Date | undefined {
  if (typeof value !== "string" && !types.isDate(value)) return undefined;
  const at = new Date(value);
  return Number.isNaN(at.getTime()) ? undefined : at;
}
