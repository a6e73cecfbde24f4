import { TransportError, type Verdict } from "@streamll/core";
import type { Lock } from "../consuming/delivery.js";
import { types } from "../rhea.js";
import { verdictOf, verdictOfStatus } from "./conditions.js";
import type { Answer, Requests } from "./requests.js";

/** What the `$management` of a queue or subscription does. All throw TransportError, `permanent` where a lock is lost. */
export interface EntityManagement {
  /** Until when each then holds, in milliseconds since 1970; none of them where one is lost. */
  renew(locks: readonly Lock[]): Promise<readonly number[]>;
  renewSession(session: string): Promise<number>;
  /** Settles by the lock alone, when the link is gone. Not of a session. */
  settle(lock: Lock, verdict: Verdict): Promise<void>;
  /** Copies of at most so many messages from a sequence number on, encoded; none where there are none. */
  peek(from: number, most: number): Promise<readonly Buffer[]>;
}

const UUID = 0x98;

export function entityManagement(request: Requests["request"], label: string): EntityManagement {
  async function ask(operation: string, body: Readonly<Record<string, unknown>>): Promise<unknown> {
    const answer = await request({ operation: `com.microsoft:${operation}` }, body);
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    throw refusal(answer, `${label}: ${operation}`);
  }
  return {
    async renew(locks) {
      const body = (await ask("renew-lock", { "lock-tokens": tokens(locks) })) as {
        readonly expirations?: readonly unknown[];
      };
      return locks.map((_, index) => timeOf(body?.expirations?.[index], label));
    },
    async renewSession(session) {
      const body = (await ask("renew-session-lock", { "session-id": session })) as {
        readonly expiration?: unknown;
      };
      return timeOf(body?.expiration, label);
    },
    async settle(lock, verdict) {
      await ask("update-disposition", { "lock-tokens": tokens([lock]), ...dispositionOf(verdict) });
    },
    async peek(from, most) {
      const body = (await ask("peek-message", {
        "from-sequence-number": types.wrap_long(from),
        "message-count": types.wrap_int(most),
      })) as { readonly messages?: readonly { readonly message: Buffer }[] } | undefined;
      return (body?.messages ?? []).map(({ message }) => message);
    },
  };
}

function dispositionOf(verdict: Verdict): Readonly<Record<string, string>> {
  if (verdict.kind === "done") return { "disposition-status": "completed" };
  if (verdict.kind === "again") return { "disposition-status": "abandoned" };
  const { reason, description } = cutDeath(verdict);
  return {
    "disposition-status": "suspended",
    "deadletter-reason": reason,
    "deadletter-description": description,
  };
}

/** The service refuses longer ones, in characters. */
const LONGEST_REASON = 4096;

export const cutDeath = ({ reason, description }: Extract<Verdict, { kind: "dead" }>) => ({
  reason: reason.slice(0, LONGEST_REASON),
  description: description.slice(0, LONGEST_REASON),
});

function refusal({ status, condition, description }: Answer, label: string): TransportError {
  const { kind, permanent, hint } = verdictOf(condition) ?? verdictOfStatus(status);
  return new TransportError(kind, `${label}: ${description}. ${hint}`, { permanent });
}

function timeOf(value: unknown, label: string): number {
  const time = new Date(value as number | Date).getTime();
  if (Number.isNaN(time)) throw new TransportError("protocol", `${label}: a renewal came without a time`);
  return time;
}

/** As UUIDs: of the bytes of a delivery tag, which .NET writes in another order. */
const tokens = (locks: readonly Lock[]) =>
  types.wrap_array(
    locks.map(({ token }) => Buffer.from(NET_ORDER.map((at) => token[at] ?? 0))),
    UUID,
    undefined,
  );

const NET_ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
