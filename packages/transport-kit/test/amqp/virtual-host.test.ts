import { classifyVirtualHostRefusal, heartbeatSeconds } from "@streamll/transport-kit";
import { expect, it } from "vitest";

it.each([
  ["NOT_ALLOWED - vhost nope not found", "not-found", true],
  ["NOT_ALLOWED - access to vhost '/' refused for user 'app'", "permission", true],
  ["NOT_ALLOWED - vhost 'x' is down", "unreachable", false],
  ["NOT_ALLOWED - connection limit (5) is reached", "throttled", false],
  [
    "number of channels opened for user 'app' has reached the maximum allowed user limit of (1)",
    "throttled",
    false,
  ],
])("RabbitMQ's refusal %s is classified", (text, kind, permanent) => {
  expect(classifyVirtualHostRefusal(text)).toMatchObject({ kind, permanent });
});

it("a reply that speaks of something else is not classified as one of a virtual host", () => {
  expect(classifyVirtualHostRefusal("INTERNAL_ERROR")).toBeUndefined();
});

it("a heartbeat is agreed on in whole seconds, and half a second does not switch it off", () => {
  expect([0, 1, 1500, 60_000, 1e12].map(heartbeatSeconds)).toEqual([0, 1, 2, 60, 65_535]);
});
