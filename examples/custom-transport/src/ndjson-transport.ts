import { isUtf8 } from "node:buffer";
import { once } from "node:events";
import { type FileHandle, open } from "node:fs/promises";
import type { OutboundMessage, PublishOutcome, TransportConnection, TransportFactory } from "@streamll/core";
import { TransportError } from "@streamll/core";

export const LARGEST_BODY = 16 * 1024 * 1024;

type Append = (file: FileHandle, lines: string) => Promise<void>;

const none = { mandatory: false, priority: false, ttl: false, deadLetter: false, topology: false };

/** Appends each event as one line to the file of an `ndjson:///PATH` URL. One process a file. */
export const ndjsonTransport: TransportFactory = {
  schemes: ["ndjson"],
  create({ confirms }) {
    // The lanes of a sink share the file: their writes take turns.
    let turn: Promise<void> = Promise.resolve();
    const append: Append = (file, lines) => {
      const done = turn.then(() => appendWhole(file, lines, confirms));
      turn = done.catch(() => {});
      return done;
    };
    return {
      name: "ndjson",
      capabilities: { ...none, confirms: true, deduplication: false, maxMessageBytes: LARGEST_BODY },
      async connect({ path, label }, _lane, signal) {
        const failed = (error: unknown) => Promise.reject(asTransportError(error, label));
        const file = signal.aborted ? undefined : await open(`/${path}`, "a+").catch(failed);
        if (file !== undefined && !signal.aborted) return connectionTo(file, append, confirms);
        await file?.close();
        throw new TransportError("timeout", `${label}: given up before it was open`);
      },
    };
  },
};

function connectionTo(file: FileHandle, append: Append, confirms: boolean): TransportConnection {
  let waiting: { line: string; settle: (outcome: PublishOutcome) => void }[] = [];
  let writing: Promise<void> | undefined;
  let ended = false;
  let settleClosed = (_error?: TransportError) => {};
  const closed = new Promise<TransportError | undefined>((resolve) => (settleClosed = resolve));

  function end(error?: TransportError): void {
    if (ended) return;
    ended = true;
    file.close().catch(() => {});
    settleClosed(error);
  }

  /** What comes while one group is written is the next: a slow disk makes larger groups, each synced once. */
  async function writeGroups(): Promise<void> {
    while (waiting.length > 0 && !ended) {
      const group = waiting;
      waiting = [];
      try {
        await append(file, group.map(({ line }) => line).join(""));
      } catch (error) {
        // No message caused a full disk: nothing is settled, and the engine sends it all again.
        return end(asTransportError(error, "the file"));
      }
      if (!ended) for (const { settle } of group) settle({ kind: confirms ? "confirmed" : "written" });
    }
    writing = undefined;
  }

  return {
    closed,
    publish(batch, settle) {
      if (ended) return;
      for (const [index, message] of batch.entries()) {
        const settleOne = (outcome: PublishOutcome) => settle(index, index + 1, outcome);
        const body = message.body();
        if (body.length <= LARGEST_BODY) waiting.push({ line: lineOf(message, body), settle: settleOne });
        else settleOne({ kind: "refused", error: tooLarge });
      }
      if (waiting.length > 0) writing ??= writeGroups();
    },
    onFlow: (listener) => listener({ credit: Number.POSITIVE_INFINITY }),
    async close(signal) {
      if (!signal.aborted) await Promise.race([writing, once(signal, "abort")]);
      end();
    },
  };
}

/** Appends all lines or none: half a group would be stored twice when the group is sent again. */
async function appendWhole(file: FileHandle, lines: string, durable: boolean): Promise<void> {
  const { size } = await file.stat();
  // A process that died while it wrote has left half a line.
  const torn = size > 0 && (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer.toString() !== "\n";
  const bytes = Buffer.from(torn ? `\n${lines}` : lines);
  let written = 0;
  try {
    // A disk that fills up takes a part, and fails only for the rest.
    while (written < bytes.length) written += (await file.write(bytes, written)).bytesWritten;
    if (durable) await file.datasync();
  } catch (error) {
    if ((await file.stat()).size === size + written) await file.truncate(size).catch(() => {});
    throw error;
  }
}

function lineOf(message: OutboundMessage, body: Buffer): string {
  const { messageId, correlationId, type, routingKey, headers } = message;
  const content = isUtf8(body) ? { body: body.toString() } : { base64: body.toString("base64") };
  return `${JSON.stringify({ messageId, correlationId, type, routingKey, headers, ...content })}\n`;
}

const tooLarge = new TransportError("too-large", `a body is over ${LARGEST_BODY} bytes`, { permanent: true });
const kind = { ENOENT: "not-found", EISDIR: "not-found", EACCES: "permission", ENOSPC: "throttled" } as const;

function asTransportError(cause: unknown, place: string): TransportError {
  const code = String((cause as NodeJS.ErrnoException | undefined)?.code ?? cause);
  const known = code in kind ? kind[code as keyof typeof kind] : "unreachable";
  const permanent = known === "not-found" || known === "permission";
  return new TransportError(known, `${place}: ${code}`, { cause, permanent });
}
