import { startFakePubSub } from "@streamll/fake-pubsub";
import { startFakeServiceBus } from "@streamll/fake-service-bus";
import { describe, expect, it, onTestFinished } from "vitest";
import { command } from "./support/shell.js";
import { event, idsIn } from "./support/steps.js";

const patient = { timeout: 20_000 };
const events = [1, 2, 3].map(event);

describe("streamll on Azure Service Bus", () => {
  it("takes events out of a queue, and lists, replays and purges its dead letters", async () => {
    const bus = await startFakeServiceBus({ entities: ["events"] });
    onTestFinished(() => bus.close());
    const env = { RABBITMQ_URL: bus.connectionString };
    const pipe = command(["pipe", "--exchange=", "--routing-key", "events"], {
      stdin: events,
      env,
    });
    expect(await pipe.code).toBe(0);
    const killing = command(["consume", "events", "--exec", "sed -u 's/.*/dead NO_PRICE/'"], { env });
    await expect.poll(() => bus.stored("events/$DeadLetterQueue").length, patient).toBe(3);
    killing.interrupt();
    expect(await killing.code).toBe(130);

    const dlq = (...args: string[]) => command(["dlq", ...args, "--dead-letter-queue", "events"], { env });
    const list = dlq("list", "--json");
    expect(await list.code).toBe(0);
    expect(JSON.parse(list.stdout.text)).toMatchObject({
      groups: [{ code: "COMMAND_GAVE_UP", type: "step", count: 3 }],
    });
    const replay = dlq("replay", "--limit", "2");
    expect([await replay.code, replay.stderr.text]).toEqual([
      0,
      expect.stringContaining("2 dead letters replayed"),
    ]);
    expect(await dlq("purge", "--yes").code).toBe(0);
    expect(bus.stored("events/$DeadLetterQueue")).toEqual([]);
    const consume = command(["consume", "events", "--limit", "2"], { env });
    expect(await consume.code).toBe(0);
    expect(idsIn(consume.stdout.text)).toEqual(["id-1", "id-2"]);
    await expect.poll(() => bus.stored("events").length, patient).toBe(0);
  });
});

describe("streamll tail on Azure Service Bus", () => {
  it("shows what is in a queue and what comes, and takes nothing", async () => {
    const bus = await startFakeServiceBus({ entities: ["events"] });
    onTestFinished(() => bus.close());
    const env = { RABBITMQ_URL: bus.connectionString };
    const put = async (...lines: string[]) =>
      expect(
        await command(["pipe", "--exchange=", "--routing-key", "events"], {
          stdin: lines,
          env,
        }).code,
      ).toBe(0);
    const tail = (...args: string[]) => command(["tail", "--exchange", "events", "--json", ...args], { env });
    await put(event(1), event(2));
    const all = tail("--from", "first", "-n", "3");
    const next = tail("-n", "1");
    for (const run of [all, next])
      await expect.poll(() => run.stderr.text, patient).toContain("tailing events");
    await put(event(3));
    expect([await all.code, await next.code]).toEqual([0, 0]);
    expect([idsIn(all.stdout.text), idsIn(next.stdout.text)]).toEqual([["id-1", "id-2", "id-3"], ["id-3"]]);
    expect([bus.stored("events").length, bus.depth("events")]).toEqual([3, 3]);
    const wrong = tail("--from", "1h");
    expect([await wrong.code, wrong.stderr.text]).toEqual([
      2,
      expect.stringContaining("--from must be first or next"),
    ]);
  });
});

describe("streamll ui on Azure Service Bus", () => {
  it("shows what comes to a queue, takes nothing, and replays the dead letters beside it", async () => {
    const bus = await startFakeServiceBus({ entities: ["events"] });
    onTestFinished(() => bus.close());
    const env = { RABBITMQ_URL: bus.connectionString };
    const pipe = () =>
      command(["pipe", "--exchange=", "--routing-key", "events"], { stdin: [event(1)], env }).code;
    expect(await pipe()).toBe(0);
    const killing = command(["consume", "events", "--exec", "sed -u 's/.*/dead NO_PRICE/'"], { env });
    await expect.poll(() => bus.stored("events/$DeadLetterQueue").length, patient).toBe(1);
    killing.interrupt();
    expect(await killing.code).toBe(130);

    const ui = command(["ui", bus.connectionString, "--exchange", "events", "--allow-replay"]);
    await expect.poll(() => ui.stdout.text, patient).toMatch(/^http/);
    const address = ui.stdout.text.trim();
    const told = async () => {
      const { body } = await fetch(`${address}live`);
      const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
      const { value } = await reader.read();
      await reader.cancel();
      return JSON.parse(value!.replace("data: ", ""));
    };
    const post = async (path: string, body: object) =>
      fetch(`${address}${path}`, {
        method: "POST",
        headers: { origin: new URL(address).origin, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    expect(await pipe()).toBe(0);
    await expect.poll(async () => (await told()).head, patient).toMatchObject({ received: 1 });
    expect([bus.stored("events").length, bus.depth("events")]).toEqual([1, 1]);

    expect((await post("look", {})).status).toBe(202);
    const letters = async () => (await told()).deadLetters;
    await expect.poll(letters, patient).toMatchObject({ list: { matched: 1, codes: ["COMMAND_GAVE_UP"] } });
    expect((await post("replay", { list: (await letters()).list.version, code: 0 })).status).toBe(202);
    await expect.poll(letters, patient).toMatchObject({ report: { replayed: 1, complete: true } });
    await expect.poll(() => bus.stored("events").length, patient).toBe(2);
    expect(bus.stored("events/$DeadLetterQueue")).toEqual([]);
    ui.interrupt();
    expect(await ui.code).toBe(130);
  });
});

describe("streamll on Google Cloud Pub/Sub", () => {
  it("says how a page can read a subscription, since nobody can look without taking", async () => {
    const { code, stderr } = command(["ui", "pubsub://my-project", "--exchange", "events"]);
    expect([await code, stderr.text]).toEqual([
      2,
      expect.stringContaining("streamll consume SUBSCRIPTION | streamll ui -"),
    ]);
  });

  it("is examined without what RabbitMQ alone has", async () => {
    const fake = await startFakePubSub({ topics: ["events"], subscriptions: { reader: "events" } });
    onTestFinished(() => fake[Symbol.asyncDispose]());
    const { stdout, code } = command([
      ...["doctor", `pubsub-emulator://${fake.host}/${fake.project}`, "--exchange", "events"],
    ]);
    expect(await code).toBe(0);
    expect(stdout.text).toContain(" ✓ login     connected; heartbeat 10 s\n");
    expect(stdout.text).toContain("0 failed, 0 warnings, 0 unknown of 4");
  });

  it("takes the events of a subscription", async () => {
    const fake = await startFakePubSub({ topics: ["events"] });
    onTestFinished(() => fake[Symbol.asyncDispose]());
    fake.subscription("reader", { topic: "events" });
    const env = { RABBITMQ_URL: `pubsub-emulator://${fake.host}/${fake.project}` };
    const pipe = command(["pipe", "--exchange", "events"], { stdin: events.map((line) => `${line}\n`), env });
    expect([await pipe.code, pipe.stderr.text]).toEqual([0, expect.any(String)]);
    const consume = command(["consume", "reader", "--limit", "3"], { env });
    expect([await consume.code, consume.stderr.text]).toEqual([0, expect.any(String)]);
    expect(
      consume.stdout.text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).event_id)
        .sort(),
    ).toEqual(["id-1", "id-2", "id-3"]);
    const { depth, leased } = fake.store.subscription(`projects/${fake.project}/subscriptions/reader`);
    expect(depth + leased).toBe(0);
  });
});
