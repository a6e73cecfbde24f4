import { expect, it } from "vitest";
import { failureOf } from "../src/rabbitmq/failure.js";

it.each([
  ["amqp:connection:forced", "maintenance"],
  // RabbitMQ 4.0.5, stopped in good order.
  ["amqp:internal-error", `Connection forced: "broker forced connection closure with reason 'shutdown'"`],
])("a connection that RabbitMQ ended with %s is one that was lost", (condition, description) => {
  const error = failureOf({ stage: "connection", condition, description }, "amqp://broker/");
  expect(error).toMatchObject({ kind: "unreachable", permanent: false });
  expect(error.message).toContain("The broker went down");
});
