import type { Bench } from "./bench.js";
import { difference } from "./messages.js";
import type { StoredMessage } from "./options.js";
import { type Handed, isSent } from "./probe.js";
import { BrokenRuleError } from "./rules.js";
import { elapse, until } from "./waiting.js";

/**
 * Holds what the broker stored against what the transport said, whatever the check was about: every check
 * ends here.
 */
export async function settleAccounts(bench: Bench): Promise<void> {
  const handed = bench.probes.flatMap((probe) => probe.handed);
  let stored = new Map<string, StoredMessage[]>();
  const sent = handed.filter(({ outcome }) => isSent(outcome));
  const isMissing = ({ message }: Handed) => !stored.has(message.messageId);
  const read = async () => {
    stored = grouped(await bench.stored(), ({ messageId }) => messageId);
    return !sent.some(isMissing);
  };
  if (!(await until(bench.timeoutMs, read))) {
    const { message, outcome } = sent.find(isMissing)!;
    const rule = outcome?.kind === "confirmed" ? "confirmed-is-stored" : "written-arrives";
    const count = sent.filter(isMissing).length;
    throw new BrokenRuleError(
      rule,
      `${count} of ${sent.length} messages settled as ${outcome?.kind} are not stored, ${message.messageId} the first of them.`,
    );
  }
  // What should not be there may be on its way.
  if (handed.length > 0) await elapse(bench.quietMs);
  await read();
  checkEach(handed, stored, (await bench.transport()).capabilities?.deduplication === true);
  checkOrder(handed, [...stored.keys()]);
}

function checkEach(
  handed: readonly Handed[],
  stored: ReadonlyMap<string, readonly StoredMessage[]>,
  deduplicates: boolean,
): void {
  for (const [messageId, attempts] of grouped(handed, ({ message }) => message.messageId)) {
    const copies = stored.get(messageId) ?? [];
    if (copies.length > 0 && attempts.every(({ outcome }) => outcome?.kind === "refused")) {
      throw new BrokenRuleError(
        "refused-is-not-stored",
        `${messageId} was settled as refused, and is stored.`,
      );
    }
    if (copies.length > 1 && (deduplicates || attempts.length === 1)) {
      throw new BrokenRuleError(
        attempts.length === 1 ? "stored-once" : "deduplication",
        `${messageId} was handed over ${attempts.length} times and is stored ${copies.length} times.`,
      );
    }
    for (const copy of copies) {
      const wrong = difference(attempts[0]!.message, copy);
      if (wrong !== undefined) throw new BrokenRuleError("stored-intact", `${messageId}: ${wrong}.`);
    }
  }
}

/** By the first copy of each; a lane whose messages were handed over again owes its order to the engine. */
function checkOrder(handed: readonly Handed[], storedIds: readonly string[]): void {
  const position = new Map(storedIds.map((messageId, index) => [messageId, index]));
  for (const [lane, entries] of grouped(handed, (entry) => entry.lane)) {
    const ids = entries.map(({ message }) => message.messageId);
    if (new Set(ids).size < ids.length) continue;
    const places = ids.map((id) => position.get(id)).filter((place) => place !== undefined);
    const late = places.findIndex((place, index) => index > 0 && place < places[index - 1]!);
    if (late < 0) continue;
    throw new BrokenRuleError(
      "order",
      `On lane ${lane} ${storedIds[places[late]!]} was handed over after ${storedIds[places[late - 1]!]}, and is stored before it.`,
    );
  }
}

function grouped<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
