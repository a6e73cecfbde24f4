import type { FakeServiceBus } from "@streamll/fake-service-bus";
import rhea, { type Connection } from "rhea";
import { executionOf, PREFETCH } from "../messages.js";
import type { Put, Source } from "./source.js";

/** What a fault wants of its queue. */
export interface EntityOptions {
  readonly sessions?: boolean;
  readonly lockMs?: number;
  readonly maxDeliveryCount?: number;
}

/** Of the queue beside it. */
export const deadLettersOf = (name: string): string => `${name}/$DeadLetterQueue`;

/** A queue of a server that behaves as Azure Service Bus; rhea fills it, and the server's own ledger is asked. */
export function serviceBusSource(bus: FakeServiceBus, name: string, entity: EntityOptions = {}): Source {
  return {
    url: `amqp://${bus.host}:${bus.port}/`,
    optionsAt: (port) => ({
      url: bus.connectionString.replace(`:${bus.port}/`, `:${port}/`),
      queue: name,
    }),
    prepare: async () => bus.add({ ...entity, name }),
    put: (messages) => putByRhea(bus, name, messages, entity.sessions === true),
    left: async () => bus.stored(name).length,
    dead: async () => bus.stored(deadLettersOf(name)).length,
    comesAgain: async () => PREFETCH,
    remove: async () => bus.remove(name),
  };
}

/** Resolves when each has been accepted. */
async function putByRhea(
  bus: FakeServiceBus,
  queue: string,
  messages: readonly Put[],
  inSessions: boolean,
): Promise<void> {
  const [, username = "", password = ""] = /SharedAccessKeyName=(.*);SharedAccessKey=(.*?)(;|$)/.exec(
    bus.connectionString,
  )!;
  const connection: Connection = rhea
    .create_container()
    .connect({ host: bus.host, port: bus.port, username, password, reconnect: false });
  try {
    await new Promise<void>((resolve, reject) => {
      let [sent, accepted] = [0, 0];
      for (const failure of ["rejected", "connection_error", "disconnected", "sender_error"])
        connection.once(failure, () => reject(new Error(`rhea cannot fill the queue: ${failure}`)));
      connection.on("accepted", () => {
        if (++accepted === messages.length) resolve();
      });
      const sender = connection.open_sender(queue);
      sender.on("sendable", () => {
        for (; sender.sendable() && sent < messages.length; sent++)
          sender.send(messageOf(messages[sent]!, inSessions));
      });
    });
  } finally {
    connection.removeAllListeners("disconnected");
    connection.close();
  }
}

function messageOf({ index, body }: Put, inSessions: boolean) {
  const content = rhea.message.data_section(Buffer.from(body));
  if (index === undefined) return { body: content };
  const execution = executionOf(index);
  return {
    message_id: String(index),
    correlation_id: execution,
    ...(inSessions && { group_id: execution }),
    body: content,
  };
}
