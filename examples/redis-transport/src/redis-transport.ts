import type { Socket } from "node:net";
import type { PublishOutcome, TransportConnection, TransportFactory, TransportOptions } from "@streamll/core";
import { ConfigurationError, type Endpoint, TransportError } from "@streamll/core";
import { count, type OptionTable } from "@streamll/core/options";
import * as kit from "@streamll/transport-kit";

const table = {
  /** Entries that the stream keeps, roughly: Redis removes the oldest, read or not. Default: all. */
  maxLength: { kind: count(1, 2 ** 53 - 1), about: "Entries that the stream keeps, roughly. Default: all." },
} satisfies OptionTable;

/** Appends each event to the stream that the option `exchange` names. */
export const redisTransport: TransportFactory<typeof table> = {
  name: "redis-streams",
  schemes: ["redis-streams"],
  tlsSchemes: ["rediss-streams"],
  options: table,
  unsupported: { durable: "Redis itself decides what survives a restart, by appendonly: leave it out" },
  create(options, endpoints) {
    const isNumbered = endpoints.every(({ path }) => /^\d*$/.test(path));
    const problems = isNumbered ? [] : [{ option: "url", message: "ends in the number of a database: /0" }];
    if (options.message.exchange === "")
      problems.push({ option: "exchange", message: "must name the stream" });
    if (problems.length > 0) throw new ConfigurationError(problems);
    const none = { mandatory: false, priority: false, ttl: false, deadLetter: false, topology: false };
    return {
      name: "redis-streams",
      // The default of Redis for proto-max-bulk-len.
      capabilities: { ...none, confirms: true, deduplication: false, maxMessageBytes: 512 * 1024 * 1024 },
      connect: (endpoint, _lane, signal) =>
        kit.connectSocket({ endpoint, port: 6379, options, signal }, (socket) =>
          open(socket, endpoint, options),
        ),
    };
  },
};

async function open(socket: Socket, endpoint: Endpoint, options: TransportOptions<typeof table>) {
  const { label, path, password } = endpoint;
  const { exchange: stream, contentType, appId } = options.message;
  const send = senderOn(socket);
  // Redis answers what came before QUIT, and hangs up.
  const goodbye = () => void ask("QUIT").catch(() => {});
  const { closed, close, isClosing, fail } = kit.socketLife(socket, { label, goodbye });
  const ask = (...words: string[]) =>
    new Promise<void>((resolve, reject) => {
      const hear = (error?: TransportError) => (error ? reject(error) : resolve());
      send(words.slice(0, -1), Buffer.from(words.at(-1)!), (reply) => hear(errorIn(reply, label)));
    });
  if (options.credentials || password !== undefined) {
    const update = (to: kit.Login) => ask("AUTH", ...(to.username ? [to.username] : []), to.password);
    const failed = (cause: unknown) => fail(new TransportError("auth", `${label}: no renewal`, { cause }));
    const first = await kit.login(options, endpoint);
    await update(first);
    const renewal = { ask: () => kit.login(options, endpoint), update, failed, blocked: () => false };
    closed.then(kit.renewBeforeExpiry(first, renewal));
  }
  if (path !== "") await ask("SELECT", path);
  // Removes nothing, and fails where XADD would: on a replica, without the right, on a key of another kind.
  await ask("XTRIM", stream, "MAXLEN", "~", String(2 ** 53));

  let silentFor = 0;
  socket.on("data", () => (silentFor = 0));
  const silence = () => kit.errorOf(kit.silentPeer, `${label}: Redis is silent`);
  const beat = () => (++silentFor > 4 ? fail(silence()) : ask("PING").catch(fail));
  const heart = options.heartbeatMs > 0 ? setInterval(beat, options.heartbeatMs / 2).unref() : undefined;
  closed.then(() => clearInterval(heart));

  const { maxLength } = options.own;
  const key = maxLength === undefined ? [stream] : [stream, "MAXLEN", "~", String(maxLength)];
  const elsewhere = kit.errorOf(kit.verdict("not-found", true), `${label}: writes to ${stream} alone`);
  const flow = kit.socketFlow(socket, (full) => ({ credit: full ? 0 : Number.POSITIVE_INFINITY }));
  return {
    closed,
    close,
    onFlow: flow.onFlow,
    drainedBytes: () => socket.bytesWritten - socket.writableLength,
    publish(batch, settle) {
      if (socket.destroyed || isClosing()) return;
      socket.cork();
      for (const [index, message] of batch.entries()) {
        const settleOne = (outcome: PublishOutcome) => settle(index, index + 1, outcome);
        const { messageId, routingKey, correlationId, type } = message;
        const [timestamp, headers] = [`${message.timestamp}`, JSON.stringify(message.headers)];
        const fields = { messageId, routingKey, correlationId, type, timestamp, contentType, appId, headers };
        if (message.exchange !== undefined) settleOne({ kind: "refused", error: elsewhere });
        else
          send(["XADD", ...key, "*", ...Object.entries(fields).flat(), "body"], message.body(), (reply) => {
            const error = errorIn(reply, label);
            if (!error) settleOne({ kind: options.confirms ? "confirmed" : "written" });
            else if (error.kind === "throttled") settleOne({ kind: "refused", error });
            // No message's fault: nothing more is settled, and all goes again on the next connection.
            else fail(error);
          });
      }
      socket.uncork();
      flow.checkRoom();
    },
  } satisfies TransportConnection;
}

/** Writes commands of RESP 2. The replies come in their order: `+OK`, `-ERR …`, or a text. */
function senderOn(socket: Socket) {
  const waiting: ((reply: string) => void)[] = [];
  let rest = "";
  socket.setEncoding("utf8").on("data", (text: string) => {
    rest = (rest + text).replace(/\$\d+\r\n(.*)\r\n|([-+:].*)\r\n/gy, (_, content, line) => {
      waiting.shift()?.(content ?? line);
      return "";
    });
    if (/^[^-+:$]/.test(rest) || rest.length > 65_536) socket.destroy(new Error("what answers is not Redis"));
  });
  return (words: readonly string[], last: Buffer, hear: (reply: string) => void) => {
    waiting.push(hear);
    const head = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("");
    socket.write(`*${words.length + 1}\r\n${head}$${last.length}\r\n`);
    socket.write(last);
    socket.write("\r\n");
  };
}

const odd = kit.verdict("protocol", false);
/** What errors of Redis mean, by how they begin. None of them was stored; what follows "with args" is a quotation. */
const meanings: readonly (readonly [RegExp, kit.Verdict])[] = [
  [/^-(WRONGPASS|NOAUTH|ERR AUTH)/, kit.verdict("auth", true, "Check the user name and the password")],
  [/^-(NOPERM|DENIED)/, kit.verdict("permission", true, "Let the user run XADD, XTRIM and PING")],
  [/^-(WRONGTYPE|MOVED|ERR .*DB index)/, kit.verdict("topology-conflict", true, "Check exchange and URL")],
  [/^-(OOM|LOADING|MISCONF|NOREPLICAS|BUSY|MASTERDOWN|CLUSTERDOWN)/, kit.verdict("throttled", false)],
  [/^-/, odd],
];
function errorIn(reply: string, label: string): TransportError | undefined {
  const meaning = meanings.find(([begin]) => begin.test(reply))?.[1];
  return meaning && kit.errorOf(meaning, `${label}: ${reply.slice(1).split(/, with args|\.( |$)/)[0]}`);
}
