import type { Check } from "../check.js";
import { endpointOf } from "../endpoint.js";
import { BrokenRuleError } from "../rules.js";
import { elapse, until } from "../waiting.js";

const powers = [
  "confirms",
  "mandatory",
  "priority",
  "ttl",
  "deadLetter",
  "deduplication",
  "topology",
] as const;

/** When the signal of a connect aborts: at once, after a turn of the event loop, and ever later. */
const moments: readonly (() => Promise<unknown> | undefined)[] = [
  () => undefined,
  () => new Promise((resolve) => setImmediate(resolve)),
  ...[1, 2, 5, 10, 20].map((ms) => () => elapse(ms)),
];

export const connecting: readonly Check[] = [
  {
    name: "has a name and says what its broker can do",
    async run(bench) {
      const { name, capabilities } = await bench.transport();
      if (typeof name !== "string" || name === "")
        throw new BrokenRuleError("capabilities", "The transport has no name.");
      const vague = powers.find((power) => typeof capabilities?.[power] !== "boolean");
      if (vague !== undefined)
        throw new BrokenRuleError("capabilities", `capabilities.${vague} is no boolean.`);
      const { maxMessageBytes, contentEncoding = false } = capabilities;
      if (typeof contentEncoding !== "boolean")
        throw new BrokenRuleError("capabilities", "capabilities.contentEncoding is no boolean.");
      if (maxMessageBytes === undefined || (Number.isInteger(maxMessageBytes) && maxMessageBytes > 0)) return;
      throw new BrokenRuleError("capabilities", `capabilities.maxMessageBytes is ${maxMessageBytes}.`);
    },
  },
  {
    name: "connects, tells the state of the flow at once, and closes",
    async run(bench) {
      const probe = await bench.connect();
      if (
        bench.broken.length === 0 &&
        probe.credit < 1 &&
        !(await until(bench.timeoutMs, () => probe.credit >= 1))
      ) {
        throw new BrokenRuleError("flow-credit", "The credit of an idle connection stayed 0.");
      }
      await probe.close();
    },
  },
  {
    name: "connects again after a connection was closed",
    async run(bench) {
      for (let turn = 0; turn < 3; turn++) {
        const probe = await bench.connect();
        await probe.publish(bench.messages(2));
        await probe.delivered();
        await probe.close();
      }
    },
  },
  {
    name: "does not connect when the signal has aborted before",
    run: (bench) => bench.refusedConnect("connect-aborts", bench.endpoint, AbortSignal.abort()),
  },
  {
    name: "survives a signal that aborts while it connects",
    async run(bench) {
      for (const moment of moments) await bench.abortedConnect(moment);
      const next = await bench.connect();
      await next.publish(bench.messages(1));
      await next.delivered();
    },
  },
  {
    name: "gives up a broker that does not answer when the signal aborts",
    async run(bench) {
      await bench.strike("silence");
      const abort = new AbortController();
      const refused = bench.refusedConnect("connect-aborts", bench.endpoint, abort.signal);
      refused.catch(() => {});
      await elapse(bench.quietMs);
      abort.abort();
      await refused;
    },
  },
  {
    name: "gives up by itself a broker that does not answer while it connects",
    async run(bench) {
      await bench.transport({ connectionTimeoutMs: Math.min(1000, bench.timeoutMs / 5) });
      await bench.strike("silence");
      await bench.refusedConnect("connect-times-out", bench.endpoint, new AbortController().signal);
    },
  },
  {
    name: "rejects with a TransportError where no broker is",
    async run(bench) {
      bench.needs("unreachable");
      const place = bench.subject.unreachable;
      if (typeof place !== "object" || !("cannot" in place)) {
        await bench.refusedConnect("connect-rejects", endpointOf(place), new AbortController().signal);
      }
    },
  },
];
