import { randomUUID } from "node:crypto";
import { type Broker, openChannel } from "@streamll/brokers";

/** A name of its own for exchange and queue; both are deleted when it is disposed of. */
export function scratchName(broker: Broker): { readonly name: string } & AsyncDisposable {
  const name = `sink-test-${randomUUID()}`;
  return {
    name,
    async [Symbol.asyncDispose]() {
      await using channel = await openChannel(broker.url);
      await channel.deleteQueue(name);
      await channel.deleteExchange(name);
    },
  };
}
