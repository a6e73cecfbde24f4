import type { Endpoint } from "@streamll/core";
import type { DialAddress } from "../connect/address.js";
import { dial } from "../connect/dial.js";
import type { Login } from "../connect/login.js";
import { type Verdict, verdict } from "../verdict.js";

/** The virtual host that the path of a URL names: `/` where there is none. */
export const virtualHostOf = ({ path }: Pick<Endpoint, "path">): string => (path === "" ? "/" : path);

/** A reply code and text of AMQP 0-9-1, as in connection.close and channel.close. */
export interface Reply {
  readonly code: number;
  readonly text: string;
}

const CONNECTION = 10;
const START = 10;
const TUNE = 30;
const OPEN_OK = 41;
const CLOSE = 50;

/**
 * Why RabbitMQ refuses a virtual host: unknown, no right, too many connections. amqplib 2.3.1 drops what the broker
 * says to connection.open, and over AMQP 1.0 RabbitMQ 4.0 hangs up without a word: so a handshake of AMQP 0-9-1 is
 * made once more, only to read it. `undefined` where the broker does not say it again.
 */
export async function refusalOfVirtualHost(
  address: DialAddress,
  { mechanism, username, password }: Login,
  vhost: string,
  signal: AbortSignal,
): Promise<Reply | undefined> {
  const socket = await dial(address, { signal });
  const method = (id: number, ...args: Buffer[]) => {
    const payload = Buffer.concat([Buffer.from([0, CONNECTION, 0, id]), ...args]);
    socket.write(Buffer.concat([Buffer.from([1, 0, 0]), long(payload.length), payload, Buffer.from([0xce])]));
  };
  try {
    socket.write(Buffer.from("AMQP\0\0\x09\x01", "latin1"));
    for await (const { id, args } of methods(socket)) {
      if (id === START) {
        const response = Buffer.from(mechanism === "PLAIN" ? `\0${username}\0${password}` : "");
        method(START + 1, long(0), short(mechanism), long(response.length), response, short("en_US"));
      } else if (id === TUNE) {
        method(TUNE + 1, args.subarray(0, 8));
        method(40, short(vhost), short(""), Buffer.from([0]));
      } else if (id === CLOSE) {
        return { code: args.readUInt16BE(0), text: args.toString("utf8", 3, 3 + args[2]!) };
      } else if (id === OPEN_OK) return undefined;
    }
    return undefined;
  } finally {
    socket.destroy();
  }
}

/**
 * What RabbitMQ means by its words when it refuses a virtual host, or another channel or connection in it; `undefined`
 * where it speaks of something else.
 */
export function classifyVirtualHostRefusal(text: string): Verdict | undefined {
  if (/limit.*reached|reached the maximum allowed/i.test(text)) {
    const what = /channel/.test(text) ? "channels" : "connections";
    const hint = `The broker allows no more ${what} for this virtual host or user: raise its limit, or lower connectionPoolSize`;
    return verdict("throttled", false, hint);
  }
  if (/vhost .*(not found|does not exist)|not found.*vhost/i.test(text))
    return verdict("not-found", true, "Check the path of the URL: it is the virtual host, percent-encoded");
  if (/vhost .*is down/.test(text))
    return verdict("unreachable", false, "Restart the virtual host on the broker");
  if (/refused for user/.test(text))
    return verdict("permission", true, "Grant the user access to the virtual host");
  return undefined;
}

/** The methods of class connection as they come in; in a handshake there is nothing else. */
async function* methods(socket: AsyncIterable<Buffer>): AsyncGenerator<{ id: number; args: Buffer }> {
  let bytes: Buffer = Buffer.alloc(0);
  for await (const chunk of socket) {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 7 && bytes.length >= bytes.readUInt32BE(3) + 8) {
      const end = 7 + bytes.readUInt32BE(3);
      yield { id: bytes.readUInt16BE(9), args: bytes.subarray(11, end) };
      bytes = bytes.subarray(end + 1);
    }
  }
}

function long(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function short(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}
