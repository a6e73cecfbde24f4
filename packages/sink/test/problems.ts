import { ConfigurationError } from "@streamll/core";
import { expect } from "vitest";
import { RabbitMQSink } from "../src/index.js";

/** What is wrong with these options, as `option: message` lines. Options of wrong types are what is tested. */
export function problemsOf(options: Record<string, unknown>): string[] {
  try {
    new RabbitMQSink(options);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as ConfigurationError).problems.map(({ option, message }) => `${option}: ${message}`);
  }
  return [];
}
