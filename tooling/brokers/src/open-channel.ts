import { type ChannelModel, type ConfirmChannel, connect, type Options, type SocketOptions } from "amqplib";

/**
 * A connection of amqplib that may be lost without harm to the process: what is called on it then rejects.
 *
 * Without a listener for its error amqplib throws in the middle of its own cleaning up: calls under way are never
 * settled, and the heartbeat of what is gone goes on failing, uncaught each time.
 */
export async function openConnection(
  where: string | Options.Connect,
  options?: SocketOptions,
): Promise<ChannelModel> {
  const model = await connect(where, options);
  return model.on("error", () => {});
}

/** A confirm channel with a connection of its own. */
export interface OpenChannel extends ConfirmChannel {
  /** Closes its connection; rejects where the broker has closed that, and tells why. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A confirm channel on such a connection of its own, which closes with it. */
export async function openChannel(where: string | Options.Connect): Promise<OpenChannel> {
  const model = await openConnection(where);
  const channel = await model.createConfirmChannel();
  // Else the error of a channel ends its connection.
  channel.on("error", () => {});
  return Object.assign(channel, { [Symbol.asyncDispose]: () => model.close() });
}
