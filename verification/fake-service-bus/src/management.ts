import rhea from "rhea";
import type { Locks } from "./locks.js";
import type { Answer, Request } from "./requests.js";

/** Of an entity's `$management`, what Microsoft's receiver asks by itself: to keep its locks. */
export function answerManagement(locks: Locks, { properties, body }: Request): Answer {
  const { wrap_array, wrap_timestamp } = rhea.types;
  const timestamp = 0x83;
  const fields = body as Record<string, unknown>;
  switch (properties.operation) {
    case "com.microsoft:renew-lock": {
      const until = (fields["lock-tokens"] as Buffer[]).map((token) => locks.renew(reordered(token)));
      if (until.includes(undefined)) return lost("message");
      return {
        status: 200,
        description: "OK",
        body: { expirations: wrap_array(until, timestamp, undefined) },
      };
    }
    case "com.microsoft:renew-session-lock":
      // A session stays with its receiver until that closes.
      return { status: 200, description: "OK", body: { expiration: wrap_timestamp(Date.now() + 60_000) } };
    default:
      return {
        status: 501,
        description: `${properties.operation} is not implemented here.`,
        condition: "amqp:not-implemented",
      };
  }
}

const lost = (what: string): Answer => ({
  status: 410,
  description: `The ${what} lock supplied is invalid.`,
  condition: `com.microsoft:${what}-lock-lost`,
});

/** The bytes of a lock token as .NET writes them, from those of a UUID, and back. */
const reordered = (token: Buffer): Buffer =>
  Buffer.from([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map((at) => token[at] ?? 0));
