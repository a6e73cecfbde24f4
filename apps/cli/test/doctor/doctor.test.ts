import { readFileSync } from "node:fs";
import { freePort } from "@streamll/brokers";
import { startFakeServiceBus } from "@streamll/fake-service-bus";
import { describe, expect, it } from "vitest";
import { lookingOptions, planOf } from "../../src/broker/plan.js";
import { readArguments } from "../../src/command/arguments.js";
import { flagsOf } from "../../src/command/sink-flags.js";
import { examineNetwork } from "../../src/doctor/network.js";
import { examineClock } from "../../src/doctor/node.js";
import { reasons } from "../../src/doctor/reasons.js";
import { command } from "../support/shell.js";
import { examined } from "./examined.js";

describe("streamll doctor", () => {
  it("lists every problem of the options, and tries nothing else", async () => {
    const { code, checks } = await examined("--batch-size", "0", "--routing-key", "a.{nonsense}");
    expect(checks.map(({ id, status, code }) => [id, status, code])).toEqual([
      ["options", "failed", "CONFIGURATION"],
      ["options", "failed", "CONFIGURATION"],
    ]);
    expect(code).toBe(2);
  });

  it("shows a check a line, with its remedy below, and the sum", async () => {
    const run = command(["doctor", "--no-publisher-confirms"]);
    expect(await run.code).toBe(0);
    expect(run.stdout.text).toMatch(/^ ! options {3}publisherConfirms is false: .*\n {13}→ Leave/);
    expect(run.stdout.text).toMatch(/\n ✓ routing {3}.*\n\n0 failed, 1 warning, 0 unknown of 4\n$/);
  });

  it("names no guest where a command gives the user", async () => {
    const { checks } = await examined("--credentials", "echo password");
    expect(checks.find(({ id }) => id === "login")).toMatchObject({
      status: "ok",
      detail: expect.stringMatching(/^the user of --credentials; /),
    });
  });

  it("takes one URL, written once", async () => {
    for (const args of [
      ["memory:", "memory:"],
      ["memory:", "--url", "memory:"],
      ["--management-url", "nonsense", "amqp://127.0.0.1:1/"],
    ])
      expect(await command(["doctor", ...args]).code).toBe(2);
  });

  it("tells a queue of Service Bus that is disabled, full or missing, and what it cannot see", async () => {
    await using bus = await startFakeServiceBus({ entities: ["events"] });
    const own = ["--url", bus.connectionString, "--exchange", "events"];
    const well = await examined(...own, "--probe");
    expect(well.wrong).toEqual(["unknown entity"]);
    bus.faults.refuse("amqp:resource-limit-exceeded", { times: Number.POSITIVE_INFINITY, entity: "events" });
    const full = await examined(...own, "--probe");
    expect(full.checks.at(-1)).toMatchObject({ id: "probe", status: "failed", reason: "entity" });
    bus.faults.clear();
    bus.disable("events");
    const disabled = await examined(...own);
    expect(disabled.found("entity")).toMatchObject({ status: "failed", code: "TRANSPORT_BLOCKED" });
    const missing = await examined("--url", bus.connectionString, "--exchange", "none");
    expect(missing.found("missing")).toMatchObject({ status: "failed", code: "TRANSPORT_NOT_FOUND" });
    const key = /SharedAccessKey=([^;]+)/.exec(bus.connectionString)![1]!;
    expect(well.all + full.all + disabled.all + missing.all).not.toContain(key);
  });

  it("tells that port 5671 of Service Bus is closed and that of the web socket is open", async () => {
    await using bus = await startFakeServiceBus({ entities: ["events"] });
    const closed = bus.connectionString.replace(`:${bus.port}`, `:${await freePort()}`);
    const plan = planOf(readArguments([closed], flagsOf(["amqpUrl"])), { RABBITMQ_EXCHANGE: "events" });
    const { findings, endpoint } = await examineNetwork(
      plan,
      lookingOptions(plan, "doctor"),
      Date.now(),
      bus.port,
    );
    expect(findings).toEqual([expect.objectContaining({ status: "failed", reason: "service-bus-port" })]);
    expect(findings[0]?.remedy?.text).toContain("--web-socket");
    expect(endpoint).toBeUndefined();
  });

  it("tells how far the clocks differ, however long the broker takes to answer", () => {
    const date = new Date("2026-01-02T03:04:05Z");
    const details = (asked: number, answered: number) =>
      examineClock(
        { kind: "answered", status: 200, value: {}, date },
        +date + asked * 1000,
        +date + answered * 1000,
      ).map(({ status, detail }) => `${status}: ${detail}`);
    expect(details(300.5, 300.5)).toEqual(["warning: this machine is 300 s ahead of the broker"]);
    expect(details(298.5, 302.5)).toEqual(["warning: this machine is 300 s ahead of the broker"]);
    expect(details(-301.5, -297.5)).toEqual(["warning: this machine is 300 s behind the broker"]);
    expect(details(0.2, 0.3)).toEqual(["ok: within 1 s of the broker's"]);
    expect(details(-3.5, 0.9)).toEqual(["ok: within 5 s of the broker's"]);
  });

  it("has a section of its page for each reason", () => {
    const page = readFileSync(new URL("../../../../docs/doctor.md", import.meta.url), "utf8");
    const sections = [...page.matchAll(/^### (.+)$/gm)].map(([, title]) => title);
    expect(sections).toEqual(Object.keys(reasons));
  });
});
