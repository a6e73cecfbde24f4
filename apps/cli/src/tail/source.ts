import type { Plan } from "@streamll/sink/internal";
import { UsageError } from "../exit.js";
import { bindingsOf } from "./bindings.js";
import { browseQueue } from "./browse.js";
import type { Subscribe, Where } from "./subscription.js";

/**
 * How events are read from the broker of this plan.
 *
 * @param from of a stream: see `positionOf`.
 * @throws UsageError for one that cannot be read yet.
 */
export async function subscriberFor(plan: Plan, command: string, from?: string): Promise<Subscribe> {
  const { transport } = plan;
  if (transport.consuming?.browses) return browseQueue(plan, from ?? "next");
  if (transport.name === "streams") {
    const { positionOf, subscribeStream } = await import("./streams.js");
    return subscribeStream(positionOf(from ?? "next"));
  }
  if (from !== undefined)
    throw new UsageError("--from is of streams, and of Azure Service Bus: name a stream by --stream");
  if (transport.name === "memory") return (await import("./memory.js")).subscribeMemory;
  // RabbitMQ 4 speaks 0-9-1 on the port of 1.0 too.
  if (/^amqp/.test(transport.name)) return (await import("./amqp.js")).subscribeAmqp;
  throw new UsageError(
    `${command} cannot look into ${transport.name} without taking events from others: make a subscription of its own there, and read that: streamll consume SUBSCRIPTION${command === "ui" ? " | streamll ui -" : ""}`,
  );
}

/** Where in the broker. @throws UsageError for the default exchange. */
export function placeIn(
  { values, connection, transport }: Plan,
  patterns: readonly string[],
): Pick<Where, "exchange" | "patterns" | "bindingsOf"> {
  const { stream } = connection.own;
  const isStream = transport.name === "streams";
  const exchange = isStream && typeof stream === "string" ? stream : values.exchange;
  if ((isStream || transport.consuming?.browses) && patterns.length > 0)
    throw new UsageError(`a ${isStream ? "stream" : "queue"} has no routing by --pattern: leave it out`);
  if (exchange === "")
    throw new UsageError("the default exchange takes no bindings: name another with --exchange");
  const given = connection.origins.has("exchangeType") ? values.exchangeType : undefined;
  return {
    exchange,
    patterns,
    bindingsOf: (found) => bindingsOf({ ...values, exchangeType: found ?? given }, patterns),
  };
}
