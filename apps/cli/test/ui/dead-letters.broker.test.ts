import { randomUUID } from "node:crypto";
import { brokersForTests, openChannel } from "@streamll/brokers";
import { expect, it, onTestFinished } from "vitest";
import { deskPage } from "./support/desk-page.js";

const versions = brokersForTests().flatMap((broker) =>
  Number.parseInt(broker.version, 10) >= 4
    ? ([
        [broker, "0-9-1"],
        [broker, "1.0"],
      ] as const)
    : ([[broker, "0-9-1"]] as const),
);

it.each(versions.map(([broker, amqpVersion]) => ({ broker, amqpVersion })))(
  "streamll ui lists, shows and replays dead letters of RabbitMQ $broker.version over AMQP $amqpVersion",
  async ({ broker, amqpVersion }) => {
    const name = `desk-${randomUUID()}`;
    const [dead, live] = [`${name}.dead.failed`, `${name}.live`];
    const channel = await openChannel(broker.url);
    onTestFinished(async () => {
      for (const queue of [dead, live]) await channel.deleteQueue(queue);
      await channel.deleteExchange(name);
      await channel[Symbol.asyncDispose]();
    });
    await channel.assertExchange(name, "topic");
    await channel.assertQueue(dead, { arguments: { "x-queue-type": "quorum" } });
    await channel.assertQueue(live);
    await channel.bindQueue(live, name, "#");
    for (const n of [0, 1, 2])
      channel.sendToQueue(dead, Buffer.from(JSON.stringify({ event_type: "end", data: { secret: n } })), {
        messageId: `id-${n}`,
        headers: {
          ...{
            streamll_failure: n === 2 ? "OTHER" : "NO_PRICE",
            streamll_failure_message: "there is no price",
          },
          ...{ streamll_exchange: name, streamll_routing_key: "key" },
        },
      });
    await channel.waitForConfirms();

    const flags = ["--exchange", name, "--dead-letter-exchange", `${name}.dead`, "--allow-replay"];
    const { looked, post, settled } = await deskPage([broker.url, "--amqp-version", amqpVersion, ...flags]);
    const { list, problem } = await looked();
    expect(problem).toBeUndefined();
    expect(list).toMatchObject({ matched: 3, codes: ["NO_PRICE", "OTHER"], types: ["end"] });
    const shown = await post("show", { list: list.version, letter: 0 });
    expect(JSON.parse(JSON.parse(shown.body).data)).toEqual({ secret: 0 });
    expect((await channel.checkQueue(dead)).messageCount).toBe(3);
    await post("replay", { list: list.version, code: 0 });
    expect(await settled()).toMatchObject({ report: { replayed: 2, complete: true }, list: { matched: 1 } });
    expect((await channel.checkQueue(live)).messageCount).toBe(2);
  },
);
