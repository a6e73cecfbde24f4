import rhea, { type AmqpError, type Sender } from "rhea";
import { fault, faultOf } from "./conditions.js";
import type { Ends } from "./ends.js";
import { agree, answerTo, holdAttach } from "./links.js";
import type { Session, Sessions } from "./sessions.js";

const FILTER = "com.microsoft:session-filter";

const NEEDS_SESSION =
  "It is not possible for an entity that requires sessions to create a non-sessionful message receiver.";

export interface Accepting {
  readonly sessions: Sessions;
  readonly lockMs: number;
  readonly ends: Ends;
  accepted(session: Session): void;
  refused(error: AmqpError): void;
}

/**
 * Gives a receiver the session that its filter names, or the next, and says which in the attach. For the next one it
 * waits as long as the link's property `com.microsoft:timeout` says, in milliseconds, else a minute.
 */
export function acceptSession(link: Sender, { sessions, lockMs, ends, accepted, refused }: Accepting): void {
  const filter = link.source?.filter as Record<string, string | null> | undefined;
  if (!filter || !(FILTER in filter)) return refused(fault("amqp:not-allowed", NEEDS_SESSION));
  const wanted = filter[FILTER] ?? undefined;
  const take = (): boolean => {
    const session = sessions.accept(wanted, lockMs);
    if (session === undefined) return false;
    agree(link);
    link.set_source({ address: link.source.address, filter: { [FILTER]: session.id } });
    Object.assign(answerTo(link), {
      properties: { "com.microsoft:locked-until-utc": rhea.types.wrap_long(ticks(session.until)) },
    });
    accepted(session);
    return true;
  };
  if (take()) return;
  if (wanted !== undefined) return refused(faultOf("com.microsoft:session-cannot-be-locked"));

  const attach = holdAttach(link);
  const waitMs = Number(link.properties?.["com.microsoft:timeout"] ?? 60_000);
  const unwatch = sessions.watch(() => {
    if (!take()) return;
    over();
    attach();
  });
  const timer = setTimeout(() => {
    over();
    attach();
    refused(faultOf("com.microsoft:timeout"));
  }, waitMs).unref();
  const over = () => {
    clearTimeout(timer);
    unwatch();
  };
  ends.onceGone(link, over);
}

export const asksForSession = ({ source }: Sender): boolean =>
  Object.hasOwn((source?.filter as object | undefined) ?? {}, FILTER);

/** .NET's: 100 ns since the year 1, more than a number holds exactly. */
function ticks(milliseconds: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(milliseconds) * 10_000n + 621_355_968_000_000_000n);
  return bytes;
}
