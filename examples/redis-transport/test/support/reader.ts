import { createClient, RESP_TYPES } from "@redis/client";
import type { StoredMessage } from "@streamll/transport-testkit";
import type { RedisServer } from "./redis-server.js";

/** A client that shares nothing with the transport. */
export async function connectReader({ port, password }: Pick<RedisServer, "port" | "password">) {
  const client = createClient({ socket: { host: "127.0.0.1", port }, password });
  client.on("error", () => {});
  await client.connect();
  return client;
}

/** Gives all entries of a stream, in its order; asked again, it reads on from where it was. */
export function readerOf(client: Awaited<ReturnType<typeof connectReader>>, stream: string) {
  const bytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  const stored: StoredMessage[] = [];
  let after = "-";
  return async (): Promise<readonly StoredMessage[]> => {
    for (const entry of (await bytes.xRange(stream, after, "+")) ?? []) {
      const { body, ...texts } = entry!.message;
      const text = (name: string) => texts[name]!.toString();
      after = `(${entry!.id}`;
      stored.push({
        body: body!,
        messageId: text("messageId"),
        routingKey: text("routingKey"),
        correlationId: text("correlationId"),
        type: text("type"),
        headers: JSON.parse(text("headers")),
      });
    }
    return stored;
  };
}
