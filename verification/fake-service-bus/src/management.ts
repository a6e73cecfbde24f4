import rhea from "rhea";
import type { Commands } from "./faults.js";
import type { Locks } from "./locks.js";
import { delivered } from "./message.js";
import type { Outlet } from "./namespace.js";
import type { Answer, Request } from "./requests.js";
import type { Entry } from "./store.js";

export interface Managing {
  readonly locks: Locks;
  readonly outlet: Outlet;
  readonly commands: Commands;
  /** Each operation that was asked for. */
  readonly managed: string[];
}

type Fields = Readonly<Record<string, unknown>>;

/** Of an entity's `$management`: renewing and settling by lock, and looking without taking. */
export function answerManagement(managing: Managing, { properties, body }: Request): Answer {
  const operation = String(properties.operation);
  managing.managed.push(operation);
  const refused = managing.commands.ofManagement(operation);
  if (refused)
    return { status: refused.status, description: refused.description, condition: refused.condition };
  const act = operations[operation];
  if (act) return act(managing, body as Fields);
  return {
    status: 501,
    description: `${operation} is not implemented here.`,
    condition: "amqp:not-implemented",
  };
}

const { wrap_array, wrap_timestamp } = rhea.types;
const TIMESTAMP = 0x83;

const operations: Readonly<Record<string, (managing: Managing, fields: Fields) => Answer>> = {
  "com.microsoft:renew-lock"({ locks }, fields) {
    const until = tokensIn(fields).map((token) => locks.renew(token));
    if (until.includes(undefined)) return lost("message");
    return { ...ok, body: { expirations: wrap_array(until, TIMESTAMP, undefined) } };
  },
  "com.microsoft:renew-session-lock"({ outlet }, fields) {
    const session =
      "accepted" in outlet.from ? outlet.from.accepted(String(fields["session-id"])) : undefined;
    return session ? { ...ok, body: { expiration: wrap_timestamp(session.renew()) } } : lost("session");
  },
  "com.microsoft:update-disposition"({ locks, outlet }, fields) {
    const settle = dispositions[String(fields["disposition-status"])];
    if (settle === undefined || "accepted" in outlet.from)
      return {
        status: 400,
        description: "The disposition is not supported here.",
        condition: "com.microsoft:argument-error",
      };
    for (const token of tokensIn(fields)) {
      const lock = locks.unlock(token);
      if (!lock) return lost("message");
      settle(lock, fields);
    }
    return ok;
  },
  "com.microsoft:peek-message"({ outlet }, fields) {
    const found = outlet.from.peek(Number(fields["from-sequence-number"]), Number(fields["message-count"]));
    if (found.length === 0) return { status: 204, description: "No messages.", body: undefined };
    return { ...ok, body: { messages: found.map(encoded) } };
  },
};

const dispositions: Readonly<
  Record<string, (lock: NonNullable<ReturnType<Locks["unlock"]>>, fields: Fields) => void>
> = {
  completed: ({ store, entry }) => store.remove(entry),
  abandoned: ({ store, entry }) => store.abandon(entry),
  suspended: ({ store, entry }, fields) =>
    store.bury(entry, {
      reason: textOf(fields["deadletter-reason"]),
      description: textOf(fields["deadletter-description"]),
    }) || store.release(entry),
};

const encoded = ({ message, deliveryCount }: Entry) => ({
  message: rhea.types.wrap_binary(delivered(message, deliveryCount)),
});

const ok = { status: 200, description: "OK" };

const lost = (what: string): Answer => ({
  status: 410,
  description: `The ${what} lock supplied is invalid.`,
  condition: `com.microsoft:${what}-lock-lost`,
});

const textOf = (value: unknown): string | undefined => (value == null ? undefined : String(value));

const tokensIn = (fields: Fields): Buffer[] => (fields["lock-tokens"] as Buffer[]).map(reordered);

/** The bytes of a lock token as .NET writes them, from those of a UUID, and back. */
const reordered = (token: Buffer): Buffer =>
  Buffer.from([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map((at) => token[at] ?? 0));
