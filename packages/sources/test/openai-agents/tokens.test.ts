import { ConfigurationError } from "@streamll/core";
import { describe, expect, it } from "vitest";
import { recordTokens } from "../../src/openai-agents/index.js";

describe("recordTokens", () => {
  it("says what to write in the place of what is no model", () => {
    class Agent {}
    for (const model of [Agent, new Agent(), {}]) {
      expect(() => recordTokens(model)).toThrow(ConfigurationError);
      expect(() => recordTokens(model)).toThrow(/as OpenAIResponsesModel/);
    }
  });

  it("changes no model where one of them is none", () => {
    const model = { async *getStreamedResponse() {} };
    const { getStreamedResponse } = model;
    expect(() => recordTokens(model, {})).toThrow(ConfigurationError);
    expect(model.getStreamedResponse).toBe(getStreamedResponse);
  });
});
