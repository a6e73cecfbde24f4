import type { Broker } from "./broker.js";

/** A connection as the broker's books have it. */
export interface ListedConnection {
  readonly name: string;
  readonly user: string;
  readonly auth_mechanism: string;
  /** The heartbeat in seconds. */
  readonly timeout: number;
  readonly client_properties: { readonly connection_name?: string };
}

type Managed = Pick<Broker, "manage">;

/** The connections in the broker's books, where a new one is found moments after it was made. */
export const connectionsOf = async (broker: Managed) =>
  (await broker.manage("GET", "connections")) as readonly ListedConnection[];

/** Ends a connection as an operator does, who gives a reason. */
export async function closeConnection(broker: Managed, { name }: ListedConnection, reason: string) {
  const headers = { "x-reason": reason };
  await broker.manage("DELETE", `connections/${encodeURIComponent(name)}`, undefined, { headers });
}
