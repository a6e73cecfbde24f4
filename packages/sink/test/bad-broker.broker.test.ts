import { randomUUID } from "node:crypto";
import { inspect } from "node:util";
import { brokersForTests } from "@streamll/brokers";
import { TransportError } from "@streamll/core";
import { describe, expect, it, vi } from "vitest";
import { type Failure, RabbitMQSink } from "../src/index.js";
import { keeper } from "./keeper.js";
import { faults, noBroker, wrongPassword } from "./support/faults.js";

const events = [0, 1, 2].map((step) => ({ eventType: "step", data: { step, text: "data-s3cret" } }));
const pace = { flushTimeout: 20, circuitBreaker: false } as const;

describe.each(brokersForTests())(
  "on RabbitMQ $version",
  { skip: brokersForTests().some(({ owned }) => !owned) },
  (broker) => {
    it.each(faults)(
      "%s is said with what to do, and no event is lost by it",
      async (_, arrange, { message, ...expected }) => {
        const fault = await arrange(broker, `bad-${randomUUID()}`);
        const warnings: unknown[] = [];
        const warned = (warning: Error) => warnings.push(warning);
        process.on("warning", warned);
        const { lines, logger } = keeper();
        const failures: Failure[] = [];
        const onFailure = (failure: Failure) => failures.push(failure);
        const sink = new RabbitMQSink({
          ...pace,
          ...(fault.mend ? {} : { flushTimeout: 0.5 }),
          logger,
          onFailure,
          ...fault.options,
        });
        try {
          for (const event of events) expect(sink.handleEvent(event)).toBe(true);
          const started = await sink.start().catch((error: unknown) => error);
          if (expected.permanent) {
            expect(started).toBeInstanceOf(TransportError);
            expect(started).toMatchObject({ ...expected, message: expect.stringMatching(message) });
          } else {
            expect(started).toBeUndefined();
          }
          const health = sink.health();
          expect(health).toMatchObject({
            status: "degraded",
            connectionsOpen: 0,
            pending: 3,
            lastError: { code: expected.code, message: expect.stringMatching(message) },
            problems: [{ code: expected.code, message: expect.stringMatching(message) }],
          });
          expect(lines.join("\n")).toMatch(message);

          await fault.mend?.();
          if (fault.arrived !== undefined) {
            expect(await sink.flush()).toMatchObject({ sent: 3, failed: 0, pending: 0 });
            expect(sink.health()).toMatchObject({ status: "up", pending: 0 });
            expect("lastError" in sink.health()).toBe(false);
            expect(sink.health().problems).toEqual([]);
            expect(await sink.stop()).toMatchObject({ failed: 0, pending: 0 });
            expect(await fault.arrived()).toBe(3);
            expect(failures).toEqual([]);
          } else {
            expect(await sink.stop()).toMatchObject({
              failed: 3,
              failures: { UNSENT_AT_STOP: 3 },
              pending: 0,
            });
            expect(failures.map(({ code, event }) => [code, event.data.step])).toEqual(
              [0, 1, 2].map((step) => ["UNSENT_AT_STOP", step]),
            );
          }
          const said = {
            started,
            health,
            lines,
            warnings,
            failures: failures.map(({ error }) => error),
            explained: sink.explain(),
          };
          const text = inspect(said, { depth: 12, showHidden: true, maxStringLength: null });
          expect(text).toContain(":***@");
          expect(text).not.toContain("s3cret");
        } finally {
          await sink.stop();
          process.off("warning", warned);
          await fault.clear?.();
        }
      },
    );

    it("start() waits for a broker that is not there where waitForBroker says so", async () => {
      const fault = await noBroker(broker, `bad-${randomUUID()}`);
      const disconnections = keeper();
      const sink = new RabbitMQSink({
        ...pace,
        ...fault.options,
        waitForBroker: true,
        retryBackoffMs: 10,
        logger: disconnections.logger,
      });
      let started = false;
      const starting = sink.start().then(() => {
        started = true;
      });
      const failed = () => disconnections.lines.filter((line) => line.startsWith("cannot connect"));
      await vi.waitFor(() => expect(failed()).toHaveLength(1), 20_000);
      expect(started).toBe(false);
      await fault.mend!();
      await starting;
      expect(sink.health().status).toBe("up");
      await sink.stop();
      await fault.clear!();
    });

    it("a wrong password is a warning of the process without a logger, reported once and not repeated", async () => {
      const fault = await wrongPassword(broker, `bad-${randomUUID()}`);
      const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
      const sink = new RabbitMQSink({ ...pace, ...fault.options, maxRetryBackoffMs: 10, retryBackoffMs: 1 });
      await expect(sink.start()).rejects.toMatchObject({ kind: "auth" });
      await expect(sink.start()).rejects.toMatchObject({ kind: "auth" });
      await sink.stop();
      expect(warn).toHaveBeenCalledTimes(1);
      expect(warn).toHaveBeenCalledWith(
        expect.stringMatching(/cannot connect.*Check the user name/),
        "StreamllWarning",
      );
      expect(inspect(warn.mock.calls)).not.toContain("s3cret");
      warn.mockRestore();
      await fault.clear!();
    });
  },
);
