import rhea, { type Sender } from "rhea";
import type { Ends } from "./ends.js";
import { answerTo } from "./links.js";
import type { Sessions, Store } from "./store.js";

const filterName = "com.microsoft:session-filter";

/**
 * Gives a receiver the session that its filter names, or the next, and says which in the attach.
 * The service waits for a session to come; here there is one, or none.
 */
export function acceptSession(link: Sender, sessions: Sessions, { onceGone }: Ends): Store | undefined {
  const filter = link.source?.filter as Record<string, string | null> | undefined;
  const session = sessions.accept(filter?.[filterName] ?? undefined);
  if (!session) return undefined;
  onceGone(link, session.release);
  link.set_source({ address: link.source.address, filter: { [filterName]: session.id } });
  Object.assign(answerTo(link), {
    properties: { "com.microsoft:locked-until-utc": rhea.types.wrap_long(ticks(Date.now() + 60_000)) },
  });
  return session.store;
}

/** .NET's: 100 ns since the year 1, more than a number holds exactly. */
function ticks(milliseconds: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(milliseconds) * 10_000n + 621_355_968_000_000_000n);
  return bytes;
}
