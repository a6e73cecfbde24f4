import type { Check } from "../check.js";
import { describe, isSent } from "../probe.js";
import { BrokenRuleError, NotCovered } from "../rules.js";
import { elapse, until } from "../waiting.js";

export const ending: readonly Check[] = [
  {
    name: "closes twice, at once and again, and closed settles once",
    async run(bench) {
      const probe = await bench.delivering();
      await Promise.all([probe.close(), probe.close()]);
      await probe.close();
      await probe.close(AbortSignal.abort());
    },
  },
  {
    name: "waits in close() for what is in flight, and settles nothing afterwards",
    async run(bench) {
      const probe = await bench.connect();
      await probe.publish(bench.messages(200), 20);
      await probe.close();
      const untold = probe.handed.filter(({ outcome }) => !isSent(outcome)).length;
      if (untold === 0) return;
      throw new BrokenRuleError(
        "close-waits",
        `close() was called with messages in flight, and ${untold} of ${probe.handed.length} had not been told as sent when closed settled.`,
      );
    },
  },
  {
    name: "closes at once when the signal has aborted, whatever is in flight",
    async run(bench) {
      const probe = await bench.connect();
      await probe.publish(bench.messages(200), 20);
      await probe.close(AbortSignal.abort(), Math.min(1000, bench.timeoutMs));
    },
  },
  {
    name: "is not held in close() by a broker that does not answer",
    async run(bench) {
      bench.fault("silence");
      const probe = await bench.delivering();
      await bench.strike("silence");
      probe.hand(bench.messages(10));
      const abort = new AbortController();
      const closing = probe.close(abort.signal, bench.quietMs + bench.timeoutMs);
      closing.catch(() => {});
      await elapse(bench.quietMs);
      abort.abort();
      await closing;
    },
  },
  {
    name: "confirms nothing while the broker does not answer",
    async run(bench) {
      bench.fault("silence");
      const probe = await bench.delivering();
      if (!bench.confirms) throw new NotCovered("it has no confirms, and says so in its capabilities");
      await bench.strike("silence");
      const batch = probe.hand(bench.messages(10));
      await elapse(2 * bench.quietMs);
      const early = batch.filter(({ outcome }) => outcome?.kind === "confirmed").length;
      if (early === 0) return;
      throw new BrokenRuleError(
        "confirmed-is-stored",
        `${early} of 10 messages were confirmed by a broker that had fallen silent before they were handed over.`,
      );
    },
  },
  {
    name: "takes a batch after its end without throwing",
    async run(bench) {
      const probe = await bench.delivering();
      await probe.close();
      probe.hand(bench.messages(3));
      await elapse(bench.quietMs);
    },
  },
  {
    name: "notices that the broker has dropped an idle connection",
    async run(bench) {
      bench.fault("disconnect");
      const probe = await bench.delivering();
      await bench.strike("disconnect");
      await probe.ended();
      await probe.close(AbortSignal.abort());
    },
  },
  {
    name: "tells the truth of messages that were in flight when the broker dropped the connection",
    async run(bench) {
      bench.fault("disconnect");
      const probe = await bench.delivering();
      const messages = bench.messages(500);
      await probe.publish(messages, 50);
      const heal = await bench.strike("disconnect");
      await probe.ended();
      await heal();
      const next = await bench.connect();
      await next.publish(messages, 50);
      await next.delivered();
    },
  },
  {
    name: "says refused of no neighbour of a refused message, when the broker drops the connection over them",
    async run(bench) {
      bench.fault("disconnect");
      const refuse = bench.fault("refuse");
      const probe = await bench.delivering();
      const refused = await refuse(bench.message());
      const batch = probe.hand([...bench.messages(5), refused, ...bench.messages(5)]);
      await bench.strike("disconnect");
      await probe.ended();
      const wrong = batch.find(
        ({ message, outcome }) => message !== refused && outcome?.kind === "refused" && !outcome.shared,
      );
      if (wrong === undefined) return;
      throw new BrokenRuleError(
        "refusal-is-told",
        `A neighbour, in flight when the connection was lost, was settled as ${describe(wrong.outcome)}.`,
      );
    },
  },
  {
    name: "ends when the broker drops a connection that it blocks, and starts the next one afresh",
    async run(bench) {
      bench.fault("block");
      bench.fault("disconnect");
      const probe = await bench.delivering();
      const unblock = await bench.strike("block");
      await until(bench.quietMs, () => probe.credit === 0);
      if (probe.credit > 0) probe.hand(bench.messages(1));
      await until(bench.timeoutMs, () => probe.flow?.blocked !== undefined);
      const heal = await bench.strike("disconnect");
      await probe.ended();
      await heal();
      await unblock();
      await bench.delivering();
    },
  },
];
