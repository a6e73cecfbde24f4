import { type Ask, path } from "./management.js";

/** A binding, as the management API has it. */
export interface Binding {
  readonly destination: string;
  readonly destination_type: string;
  readonly routing_key: string;
}

/** The bindings that lead away from an exchange, or why they are not known. */
export async function bindingsFrom(
  ask: Ask,
  vhost: string,
  exchange: string,
): Promise<{ readonly all: readonly Binding[]; readonly hidden?: string }> {
  const answer = await ask(`exchanges/${path(vhost, exchange)}/bindings/source`);
  if (answer.kind === "unknown") return { all: [], hidden: answer.why };
  return { all: Array.isArray(answer.value) ? (answer.value as Binding[]) : [] };
}

/** The names of the queues that are bound to one of these exchanges, as far as that is known. */
export async function queuesBoundTo(
  ask: Ask,
  vhost: string,
  exchanges: readonly string[],
): Promise<string[]> {
  const named = exchanges.filter((exchange) => exchange !== "");
  const found = await Promise.all(named.map((exchange) => bindingsFrom(ask, vhost, exchange)));
  return found.flatMap(({ all }) =>
    all.flatMap(({ destination, destination_type: type }) =>
      // The queues of those who look, such as this command.
      type === "queue" && !destination.startsWith("amq.gen-") ? [destination] : [],
    ),
  );
}
