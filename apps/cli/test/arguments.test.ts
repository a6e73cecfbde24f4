import { variablesFor } from "@streamll/connection/internal";
import { allRows } from "@streamll/sink/internal";
import { describe, expect, it } from "vitest";
import { readArguments } from "../src/command/arguments.js";
import { inFlags } from "../src/command/in-flags.js";
import { flagName } from "../src/command/option-flags.js";
import { flagsOf, sinkOptions, textOptions } from "../src/command/sink-flags.js";
import { UsageError } from "../src/exit.js";

const flags = [
  ...flagsOf(textOptions),
  { name: "json", about: "" },
  { name: "quiet", letter: "q", about: "" },
];
const options = (...args: string[]) => sinkOptions(readArguments(args, flags));
const problem = (...args: string[]) => {
  try {
    readArguments(args, flags);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return expect.unreachable("was read");
};

describe("options of the sink on the command line", () => {
  it("are all that an environment variable can set, but for those of callbacks", () => {
    const variables = Object.keys(allRows).filter((option) => variablesFor(option, allRows[option]!)[0]);
    expect(variables.filter((option) => !textOptions.includes(option))).toEqual(["metricsInterval"]);
    expect(new Set(flags.map(({ name }) => name)).size).toBe(flags.length);
  });

  it("are read as in the environment", () => {
    expect(
      options(
        "--batch-size=10",
        ...["--batch-timeout", "0.5", "--confirm-timeout", "5s", "--event-filter", "start,end"],
        ...["--queue-arguments", '{"x-max-length":5}', "--exchange", "", "--no-queue", "--durable=off"],
        "--no-mandatory",
        "--ssl",
        "--circuit-breaker=false",
      ),
    ).toEqual({
      batchSize: 10,
      batchTimeout: 0.5,
      confirmTimeout: "5s",
      eventFilter: ["start", "end"],
      queueArguments: { "x-max-length": 5 },
      exchange: "",
      queue: false,
      durable: false,
      mandatory: false,
      ssl: true,
      circuitBreaker: false,
    });
  });

  it("keep a password as it stands there", () => {
    expect(options("--password", "00123").password).toBe("00123");
    expect(options("--password=-1e3 ").password).toBe("-1e3 ");
  });

  it("make one cluster of several URLs; of anything else the last counts", () => {
    expect(options("--url", "amqp://a", "--url", "amqp://b,amqp://c").amqpUrl).toEqual([
      "amqp://a",
      "amqp://b",
      "amqp://c",
    ]);
    expect(options("--batch-size", "1", "--batch-size", "2").batchSize).toBe(2);
  });
});

describe("a wrong command line", () => {
  it.each([
    [["--batchSize", "3"], "unknown option --batchSize; did you mean --batch-size?"],
    [["--exchnage=secret"], "unknown option --exchnage; did you mean --exchange?"],
    [["--no-batch-size"], "unknown option --no-batch-size; did you mean --batch-size?"],
    [["-x"], "unknown option -x"],
    [["--amqp://u:S3cret@h/"], "unknown option"],
    [["--password:S3cret"], "unknown option"],
    [["--url"], "--url requires a value: --url URL"],
    [["--url", "--json"], "--url requires a value; write one that begins with - as --url=VALUE"],
    [["--json=yes"], "--json takes no value"],
    [["--no-durable=true"], "--no-durable takes no value"],
  ])("%j is told without its values", (args, message) => {
    expect(problem(...args)).toBe(message);
  });

  it("names a file that cannot be read", () => {
    expect(() => options("--tls-ca", "/no/such.pem")).toThrow(
      "--tls-ca: /no/such.pem cannot be read (ENOENT)",
    );
  });
});

it("names no file whose path may be the key itself, nor a password in it", () => {
  const pem = "-----BEGIN PRIVATE KEY-----\nS3cret";
  for (const path of [pem, "S3cret".repeat(100), "u:S3cret@h"]) {
    const read = () => options(`--tls-key=${path}`);
    expect(read).toThrow("cannot be read");
    expect(read).not.toThrow("S3cret");
  }
});

it("puts the sink's messages in flags", () => {
  expect(inFlags('or set declareTopology: "none", see amqpUrl')).toBe(
    'or set --declare-topology "none", see --url',
  );
  expect(inFlags("use queue: false, with useStreams: true")).toBe("use --no-queue, with --use-streams");
  expect(inFlags('a Date such as new Date("2026-01-31T12:00Z")')).toBe('a time such as "2026-01-31T12:00Z"');
  expect(flagName("amqpUrl")).toBe("url");
});
