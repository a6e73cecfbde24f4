import { describe, it } from "vitest";
import type { TransportUnderTest } from "./options.js";
import { checks, runCheck } from "./run.js";

/**
 * The conformance suite, as tests of vitest: call it at the top level of a test file. What the author says
 * cannot be tried is shown as skipped, with the reason; all else passes or fails. A check that fails names the rule
 * that was broken, one of `rules`. A check may take ten times `timeoutMs`.
 *
 * @example
 * testTransport({
 *   name: "ndjson",
 *   create: (options) => ndjsonTransport.create(options),
 *   endpoint: "ndjson:///tmp/events.ndjson",
 *   unreachable: "ndjson:///no/such/folder/events.ndjson",
 *   read: readEvents,
 *   faults: {
 *     disconnect: cannot("there is no peer that could hang up"),
 *     refuse: (message) => message.detach({ body: Buffer.alloc(LARGEST + 1) }),
 *     block: cannot("a file takes any write"),
 *     silence: cannot("a file always answers"),
 *     throttle: cannot("a full disk has a test of its own"),
 *   },
 *   alone: { module: new URL("../src/ndjson-transport.js", import.meta.url), factory: "ndjsonTransport" },
 * });
 */
export function testTransport(subject: TransportUnderTest): void {
  // A check waits a few times, each bounded by `timeoutMs`: its own message must come before vitest's.
  const timeout = 10 * (subject.timeoutMs ?? 5000);
  describe(`the transport ${subject.name}`, () => {
    for (const check of checks) {
      it(check.name, { timeout }, async ({ skip }) => {
        const result = await runCheck(check, subject);
        if (result.status === "failed") throw result.error;
        if (result.status === "not covered") skip(`not covered: ${result.reason}`);
      });
    }
  });
}
