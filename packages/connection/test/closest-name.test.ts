import { describe, expect, it } from "vitest";
import { closestName } from "../src/options/closest-name.js";

const names = ["batchSize", "batchTimeout", "amqpUrl", "retryBackoffMs", "tls"];

describe("the name that was meant", () => {
  it.each([
    ["batch_size", "batchSize"],
    ["BATCH_SIZE", "batchSize"],
    ["retry_backoff_ms", "retryBackoffMs"],
    ["batchsize", "batchSize"],
    ["batchTimeot", "batchTimeout"],
    ["amqpURL", "amqpUrl"],
    ["tsl", "tls"],
  ])("%s is %s", (wrong, meant) => expect(closestName(wrong, names)).toBe(meant));

  it.each(["compressionType", "x", "", "tracer"])("%s is near none", (wrong) => {
    expect(closestName(wrong, names)).toBeUndefined();
  });
});
