import { randomUUID } from "node:crypto";
import type { Broker } from "@streamll/brokers";
import { connect } from "amqplib";

/** A name of its own for exchange and queue; both are deleted when it is disposed of. */
export function scratchName(broker: Broker): { readonly name: string } & AsyncDisposable {
  const name = `sink-test-${randomUUID()}`;
  return {
    name,
    async [Symbol.asyncDispose]() {
      const connection = await connect(broker.url);
      const channel = await connection.createChannel();
      await channel.deleteQueue(name);
      await channel.deleteExchange(name);
      await connection.close();
    },
  };
}
