import { cannot, proxyTo, type RuleName } from "@streamll/transport-testkit";
import { describe, expect, it } from "vitest";
import { startLineServer } from "../line-server.js";
import { lineTransport, type Mistakes } from "../line-transport.js";
import { failuresOf } from "./wrong.js";

const mistakes: Record<string, [RuleName, keyof Mistakes]> = {
  "ends its socket in close(), whatever is in flight": ["close-waits", "closesAtOnce"],
  "counts bytes that wait in its socket as drained": ["drained-bytes", "countsWaitingBytes"],
  "gives a silent peer up after one heartbeat": ["silence-awaited", "isImpatient"],
  "takes the answer to its PING for a message's": ["heartbeat-apart", "forgetsPing"],
  "lets its PING take a message's answer": ["heartbeat-apart", "skipsPong"],
};

describe.concurrent("a transport over TCP", { timeout: 120_000 }, () => {
  it("is not accused when it is right", async () => {
    expect(await brokenBy({})).toEqual([]);
  });

  for (const [what, [rule, mistake]] of Object.entries(mistakes)) {
    it(`is caught where it ${what}, and nowhere else`, async () => {
      expect(await brokenBy({ [mistake]: true }, rule === "heartbeat-apart" ? beating : near)).toEqual([
        rule,
      ]);
    });
  }
});

/** The checks that stand for all in one that is wrong: the others have nothing to do with what is. */
const near = /^stores one|^connects|close|silent|silence|heartbeat|network|dropped|written/;

/** A wrong PING can break any check that takes as long as half a heartbeat, as each may on a busy machine. */
const beating = /heartbeat/;

/** The rules that the kit names. */
async function brokenBy(made: Partial<Mistakes>, which = /./): Promise<(RuleName | undefined)[]> {
  const server = await startLineServer();
  await using proxy = await proxyTo(`lines://127.0.0.1:${server.port}/`);
  const failures = await failuresOf(
    {
      name: "lines",
      create: (options) => lineTransport(options, made),
      endpoint: proxy.endpoint,
      unreachable: "lines://127.0.0.1:1/",
      read: async () => server.stored,
      faults: {
        ...proxy.faults,
        refuse: cannot("the server refuses no message for its own sake"),
        block: cannot("the server does not say that it takes nothing"),
        throttle() {
          server.isFull = true;
          return () => {
            server.isFull = false;
          };
        },
      },
      alone: cannot("its server is in this process"),
      timeoutMs: 8000,
    },
    which,
  );
  server.close();
  for (const { error } of failures) if (!error.message.includes("Broken rule")) throw error;
  return failures.map(({ rule }) => rule);
}
