import { ConfigurationError } from "@streamll/core";
import { describe, expect, it } from "vitest";
import { recordTokens } from "../../src/openai-agents/index.js";

describe("recordTokens", () => {
  it("rejects anything but a model, and says what to write instead", () => {
    class Agent {}
    for (const model of [Agent, new Agent(), {}]) {
      expect(() => recordTokens(model)).toThrow(ConfigurationError);
      expect(() => recordTokens(model)).toThrow(/as OpenAIResponsesModel/);
    }
  });

  it("changes no model if one of its arguments is invalid", () => {
    const model = { async *getStreamedResponse() {} };
    const { getStreamedResponse } = model;
    expect(() => recordTokens(model, {})).toThrow(ConfigurationError);
    expect(model.getStreamedResponse).toBe(getStreamedResponse);
  });
});
