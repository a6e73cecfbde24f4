import { setImmediate, setTimeout } from "node:timers/promises";
import { readQueue, unreadable } from "@streamll/brokers";
import { silentLogger } from "@streamll/core";
import { DeliveryEngine, defaultDeliveryOptions, PreparedMessage } from "@streamll/core/internal";
import { describe, expect, it, vi } from "vitest";
import { amqp10Transport } from "../src/index.js";
import { options, parts } from "./support/options.js";
import { brokersOf4, endpointOf, scratch } from "./support/rabbitmq.js";

// STREAMLL_TEST_EVENTS=100000 STREAMLL_TEST_KILLS=5 is the full run.
const events = Number(process.env.STREAMLL_TEST_EVENTS ?? 10_000);
const kills = Number(process.env.STREAMLL_TEST_KILLS ?? 1);
const executions = 50;

const event = (index: number) =>
  new PreparedMessage({
    ...parts({ sequence: 0 }),
    messageId: `e${index}`,
    correlationId: `execution-${index % executions}`,
    body: JSON.stringify({ index, text: "x".repeat(400) }),
  });

describe.each(brokersOf4.filter(({ owned }) => owned))(
  "RabbitMQ $version, killed again and again",
  (broker) => {
    it(`has each of ${events.toLocaleString("en")} events, in order within its execution`, async (test) => {
      test.skip(unreadable() !== undefined, unreadable());
      const { name, own } = await scratch(broker);
      const engine = new DeliveryEngine({
        transport: amqp10Transport.create(options(own)),
        endpoints: [endpointOf(broker.url)],
        options: {
          ...defaultDeliveryOptions,
          connectionPoolSize: 1,
          flushTimeoutMs: 120_000,
          circuitBreaker: false,
          maxRetryBackoffMs: 1000,
        },
        logger: silentLogger,
      });
      await engine.start();
      // The broker's own book lags behind: a kill before that takes along what was declared.
      await broker.ctl("eval", "mnesia:sync_log().");
      const share = Math.floor(events / (kills + 1));
      let allowed = share;
      const producing = (async () => {
        for (let index = 0; index < events; index++) {
          while (!engine.offer(event(index))) await engine.ready();
          if (index % 500 === 499) await setImmediate();
          while (index >= allowed) await setTimeout(1);
        }
      })();
      for (let kill = 1; kill <= kills; kill++) {
        // In the middle of a share: what is not confirmed by then is under way.
        const due = allowed - share / 2;
        await vi.waitUntil(() => engine.stats().events_sent > due, { timeout: 600_000, interval: 1 });
        await broker.kill();
        await broker.start();
        allowed = kill === kills ? events : allowed + share;
      }
      await producing;
      expect(await engine.stop()).toMatchObject({ sent: events, failed: 0, dropped: 0, pending: 0 });
      expect(engine.stats().reconnects).toBeGreaterThanOrEqual(kills);

      const found = await readQueue(broker, name);
      const firsts = [...new Set(found.map(({ messageId }) => messageId))];
      expect(firsts).toHaveLength(events);
      // All on one connection: what comes twice comes behind its first.
      expect(firsts.findIndex((id, index) => id !== `e${index}`)).toBe(-1);
      const twice = found.length - firsts.length;
      expect(twice).toBeLessThanOrEqual(kills * defaultDeliveryOptions.maxInFlight);
      if (process.env.STREAMLL_TEST_EVENTS) console.log(`${events} events, ${kills} kills, ${twice} twice`);
    }, 3_600_000);
  },
);
