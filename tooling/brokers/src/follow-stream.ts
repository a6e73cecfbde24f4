import type { ConsumeMessage } from "amqplib";
import type { Broker } from "./broker.js";
import { openChannel } from "./open-channel.js";
import { until } from "./until.js";

/**
 * Reads a stream from its beginning over AMQP 0-9-1, until disposed; of each message what `pick` takes.
 *
 * For a moment after a broker has started, its streams are not there yet: it then ends the connection of whoever reads
 * one (541), or the channel (404, 406). Such a reader tries again, for half a minute.
 */
export async function followStream<T = ConsumeMessage>(
  { url }: Pick<Broker, "url">,
  stream: string,
  pick: (message: ConsumeMessage) => T = (message) => message as T,
): Promise<AsyncDisposable & { readonly all: readonly T[] }> {
  const all: T[] = [];
  let reader: AsyncDisposable | undefined;
  let refusal: unknown;
  const isReading = async () => {
    const channel = await openChannel(url);
    try {
      await channel.prefetch(1000);
      await channel.consume(
        stream,
        (got) => {
          if (got === null) return;
          all.push(pick(got));
          channel.ack(got);
        },
        { arguments: { "x-stream-offset": "first" } },
      );
      reader = channel;
      return true;
    } catch (error) {
      refusal = error;
      // The broker may have closed it.
      await channel[Symbol.asyncDispose]().catch(() => {});
      return false;
    }
  };
  await until(isReading, () => `${stream} to be readable: ${refusal}`);
  return { all, [Symbol.asyncDispose]: () => reader![Symbol.asyncDispose]() };
}
