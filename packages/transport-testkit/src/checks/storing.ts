import type { Bench } from "../bench.js";
import type { Check } from "../check.js";
import { BrokenRuleError } from "../rules.js";
import { elapse } from "../waiting.js";

const words = "Zürich-東京-🚀-é";
const largest = 1024 * 1024;

export const storing: readonly Check[] = [
  {
    name: "stores one message",
    run: (bench) => deliver(bench, 1, 1),
  },
  {
    name: "stores a batch in order and settles each message of it, the last too",
    run: (bench) => deliver(bench, 10, 10),
  },
  {
    name: "keeps the order of batches that follow each other without waiting",
    run: (bench) => deliver(bench, 1000, 20),
  },
  {
    name: "stores a batch of 5,000",
    run: (bench) => deliver(bench, 5000, 5000),
  },
  {
    name: "stores batch after batch, each once the one before is settled",
    async run(bench) {
      const probe = await bench.connect();
      for (let turn = 0; turn < 5; turn++) {
        await probe.publish(bench.messages(1 + turn));
        await probe.delivered();
      }
    },
  },
  {
    name: "takes an empty batch for nothing",
    async run(bench) {
      const probe = await bench.connect();
      probe.hand([]);
      await probe.publish(bench.messages(2));
      probe.hand([]);
      await probe.delivered();
    },
  },
  {
    name: "stores any bytes: one byte, every byte, line ends, and the largest body",
    async run(bench) {
      const { maxMessageBytes = largest } = (await bench.transport()).capabilities;
      const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      const bodies = [
        Buffer.from([0]),
        every,
        Buffer.from('{"a":1}\r\n{"b":2}\n'),
        Buffer.from(words),
        Buffer.alloc(Math.min(maxMessageBytes, largest), "x"),
      ];
      const probe = await bench.connect();
      await probe.publish(bodies.map((body) => bench.message({ body })));
      await probe.delivered();
    },
  },
  {
    name: "keeps the properties of a message, Unicode and the longest routing key too",
    async run(bench) {
      const probe = await bench.connect();
      const headers = { event_type: words, count: 3, share: 0.5, flag: true, nothing: null, empty: "" };
      const longest = `streamll.token.${"k".repeat(255 - "streamll.token.".length)}`;
      await probe.publish([
        bench.message({
          routingKey: `streamll.${words}.forward`,
          correlationId: words,
          type: words,
          headers,
        }),
        bench.message({ routingKey: longest, headers: {} }),
      ]);
      await probe.delivered();
    },
  },
  {
    name: "serves many lanes at once, each in its order",
    async run(bench) {
      const probes = await Promise.all([0, 1, 2, 3].map((lane) => bench.connect(lane)));
      for (let turn = 0; turn < 10; turn++) {
        await Promise.all(probes.map((probe) => probe.publish(bench.messages(10))));
      }
      await Promise.all(probes.map((probe) => probe.delivered()));
    },
  },
  {
    name: "goes on with one lane when another is closed",
    async run(bench) {
      const [closing, staying] = [await bench.connect(0), await bench.connect(1)];
      await closing.publish(bench.messages(5));
      await closing.delivered();
      await closing.close();
      await elapse(bench.quietMs);
      if (staying.end !== undefined)
        throw new BrokenRuleError("lanes-apart", "Lane 0 was closed, and lane 1 with it.");
      await staying.publish(bench.messages(5));
      await staying.delivered();
    },
  },
  {
    name: "with confirms off, says written and loses nothing when it is closed in good order",
    async run(bench) {
      await bench.transport({ confirms: false });
      await deliver(bench, 200, 20);
    },
  },
  {
    name: "stores what is sent again with its sequence once",
    async run(bench) {
      await bench.claims("deduplication");
      const messages = bench.messages(15);
      const first = await bench.connect();
      await first.publish(messages.slice(0, 10));
      await first.delivered();
      await first.close();
      const second = await bench.connect();
      const { lastSequence } = second.connection;
      const highest = messages[9]!.sequence;
      if (lastSequence !== undefined && lastSequence !== highest) {
        throw new BrokenRuleError(
          "last-sequence",
          `The highest sequence that was confirmed is ${highest}, and the next connection told ${lastSequence}.`,
        );
      }
      await second.publish(messages.slice(5));
      await second.delivered();
    },
  },
];

async function deliver(bench: Bench, count: number, batchSize: number): Promise<void> {
  const probe = await bench.connect();
  await probe.publish(bench.messages(count), batchSize);
  await probe.delivered();
}
