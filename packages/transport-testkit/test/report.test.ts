import { cannot, checkTransport } from "@streamll/transport-testkit";
import { describe, expect, it } from "vitest";
import { ReferenceBroker } from "./reference.js";
import { failuresOf, subjectOf } from "./wrong-transports/wrong.js";

describe("the report", { timeout: 60_000 }, () => {
  it("quotes the rule that was broken, after what happened", async () => {
    const [first] = await failuresOf(subjectOf((right) => ({ ...right, name: "" })));
    expect(first?.error.message).toBe(
      'The transport has no name.\nBroken rule "capabilities": capabilities are plain data, true of every ' +
        "connection: each a boolean; maxMessageBytes above 0.",
    );
  });

  it("shows what the author cannot bring about, with the reason", async () => {
    const broker = new ReferenceBroker();
    const subject = broker.subject((options) => broker.transport(options));
    const results = await checkTransport({
      ...subject,
      faults: { ...subject.faults, block: cannot("never full") },
    });
    expect(results).toContainEqual({
      name: "tells when the broker blocks and when it does not any more",
      status: "not covered",
      reason: "never full",
    });
  });

  it("fails for a fault of which nothing is said, and says what to give", async () => {
    const broker = new ReferenceBroker();
    const subject = broker.subject((options) => broker.transport(options));
    const { block: _, ...faults } = subject.faults;
    const results = await checkTransport({ ...subject, faults: faults as typeof subject.faults });
    const failed = results.filter((result) => result.status === "failed");
    expect(failed.map(({ error }) => error.message)).toEqual(
      Array(2).fill(expect.stringContaining("faults.block, a function that makes the broker block")),
    );
  });
});
