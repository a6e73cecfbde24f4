import type { Endpoint } from "@streamll/core";
import { connectWithin } from "@streamll/transport-kit";
import { addressOf } from "../../src/address.js";
import { failure } from "../../src/failure.js";
import { close } from "../../src/protocol/close.js";
import { CLOSE, DECLARE_PUBLISHER, PUBLISH, PUBLISH_CONFIRM } from "../../src/protocol/commands.js";
import { readConfirmHead } from "../../src/protocol/confirm.js";
import { declarePublisher } from "../../src/protocol/publisher.js";
import { frame, list, u8, u32, u64 } from "../../src/protocol/writer.js";
import { openSession } from "../../src/session.js";
import { options } from "./options.js";

/** An entry of a Publish frame as it follows its id: {@link simple} or {@link batch}. */
export type Entry = Buffer;

export const simple = (message: Buffer): Entry => Buffer.concat([u32(message.length), message]);

/** Messages that are stored as one, compressed by the caller: 0 is none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
export function batch(
  messages: readonly Buffer[],
  compression = 0,
  compress: (bytes: Buffer) => Buffer = (bytes) => bytes,
): Entry {
  const bytes = Buffer.concat(messages.map(simple));
  const stored = compress(bytes);
  const count = Buffer.alloc(2);
  count.writeUInt16BE(messages.length);
  return Buffer.concat([u8(0x80 | (compression << 4)), count, u32(bytes.length), u32(stored.length), stored]);
}

/** Publishes entries as they are, in one frame; resolves when the broker has them. */
export async function put(endpoint: Endpoint, stream: string, entries: readonly Entry[]): Promise<void> {
  const { signal } = new AbortController();
  const own = options();
  const { label } = endpoint;
  const setup = {
    label,
    timeoutMs: 20_000,
    signal,
    failure: (error: unknown) => failure(error, "use", label),
  };
  await connectWithin(setup, async (attempt) => {
    const { wire } = await openSession({
      ...{ address: addressOf(endpoint, own), endpoint, options: own, connectionName: "put", attempt },
      login: { mechanism: "PLAIN", username: "guest", password: "guest" },
    });
    await wire.ask(DECLARE_PUBLISHER, declarePublisher(0, "", stream));
    let confirmed = 0;
    const all = new Promise<void>((resolve) => {
      wire.onPush = (command, content) => {
        if (command !== PUBLISH_CONFIRM) return;
        confirmed += readConfirmHead(content).count;
        if (confirmed === entries.length) resolve();
      };
    });
    const numbered = entries.map((entry, index) => Buffer.concat([u64(index + 1), entry]));
    wire.publish(
      frame(
        PUBLISH,
        1,
        u8(0),
        list(numbered, (one) => one),
      ),
    );
    await attempt.race(all);
    await wire.ask(CLOSE, close({ code: 1, reason: "OK" }));
    wire.end(new Error("Done"));
  });
}
