import { connect, createServer } from "node:net";
import type { Alone } from "@streamll/transport-testkit";
import { afterAll, describe, expect, it } from "vitest";
import { failuresOf, subjectOf, type Wrong } from "./wrong.js";

const letGo: (() => unknown)[] = [];
afterAll(() => {
  for (const step of letGo) step();
});

/** Right, but for what it does besides when it connects. */
const besides =
  (open: () => unknown): Wrong =>
  (right) => ({
    ...right,
    connect: async (...args) => {
      open();
      return right.connect(...args);
    },
  });

const timer = (): void => {
  const made = setInterval(() => {}, 60_000);
  letGo.push(() => clearInterval(made));
};
const socket = (): void => {
  const server = createServer((peer) => peer.on("error", () => {}).unref()).unref();
  letGo.push(() => server.close());
  server.listen(0, "127.0.0.1", () => {
    const made = connect((server.address() as { port: number }).port, "127.0.0.1");
    letGo.push(() => made.destroy());
  });
};

const inThisProcess = /^does not hold the process/;
const inOneOfItsOwn = /^lets a process of its own end/;

/** The kit's program is not built here, and its first line of TypeScript takes a while. */
const slow = { timeout: 120_000 };
const subject = subjectOf((right) => right);
const alone = (program: string, factory = "transport"): { alone: Alone } => ({
  alone: {
    module: new URL(`./programs/${program}.mjs`, import.meta.url),
    factory,
    execArgv: ["--import", "tsx"],
  },
});

describe("a transport that holds the process is caught", slow, () => {
  it.each([
    ["by a timer of its heartbeat", timer],
    ["by a timer that begins once it is connected", () => void setImmediate(timer)],
    ["by a timer that another timer begins", () => void setTimeout(timer, 1).unref()],
    ["by a socket", socket],
  ])("%s", async (_how, open) => {
    const failures = await failuresOf(subjectOf(besides(open)), inThisProcess);
    expect(failures).toMatchObject([{ rule: "holds-nothing" }]);
  });

  it.each([
    ["a heartbeat", "holding-transport"],
    ["what its module begins", "holding-module"],
  ])("in a process of its own, by %s", async (_what, program) => {
    const failures = await failuresOf({ ...subject, ...alone(program) }, inOneOfItsOwn);
    expect(failures).toMatchObject([{ rule: "holds-nothing" }]);
    expect(failures[0]!.error.message).toContain("kept alive by: Timeout");
  });
});

describe("a transport that holds nothing is not accused", slow, () => {
  it("of a timer that the program beside it keeps beginning", async () => {
    let running = true;
    const tick = () => void (running && setTimeout(tick, 1));
    tick();
    expect(await failuresOf(subject, inThisProcess)).toEqual([]);
    running = false;
  });

  it("of a timer that it has unref'd", async () => {
    const unreferenced = besides(() =>
      letGo.push(clearInterval.bind(null, setInterval(() => {}, 60_000).unref())),
    );
    expect(await failuresOf(subjectOf(unreferenced), inThisProcess)).toEqual([]);
  });

  it("in a process of its own", async () => {
    expect(await failuresOf({ ...subject, ...alone("good-transport") }, inOneOfItsOwn)).toEqual([]);
  });

  it("where the process of its own could not begin: that is said", async () => {
    const failures = await failuresOf({ ...subject, ...alone("good-transport", "nowhere") }, inOneOfItsOwn);
    expect(failures).toHaveLength(1);
    expect(failures[0]!.rule).toBeUndefined();
    expect(failures[0]!.error.message).toMatch(/^alone: the factory nowhere of .* came to nothing/);
  });
});
