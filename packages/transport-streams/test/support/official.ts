import { type Client, connect, Offset } from "rabbitmq-stream-js-client";
import type { Message } from "rabbitmq-stream-js-client/dist/publisher.js";

export interface OfficialAddress {
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
}

/** rabbitmq-stream-js-client, which shares nothing with ours. It cannot connect to RabbitMQ 3.10. */
export const officialClient = ({
  port,
  username = "guest",
  password = "guest",
}: OfficialAddress): Promise<Client> =>
  connect({ hostname: "127.0.0.1", port, username, password, vhost: "/", heartbeat: 0 });

/** What a stream holds, read by the official client until `count` are there; of each message what `pick` takes. */
export async function readStream<T>(
  address: OfficialAddress,
  stream: string,
  count: number,
  pick: (message: Message) => T,
): Promise<T[]> {
  const client = await officialClient(address);
  const all: T[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      if (count === 0) resolve();
      client
        .declareConsumer({ stream, offset: Offset.first() }, (message) => {
          all.push(pick(message));
          if (all.length >= count) resolve();
        })
        .catch(reject);
    });
  } finally {
    await client.close();
  }
  return all;
}
