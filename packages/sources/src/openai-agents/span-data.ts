import { parsedJson } from "@streamll/core/internal";
import { read, textOf } from "../shared/within.js";

/** A call as described by the data of its span. */
interface Description {
  readonly operation: string;
  readonly moduleName: string;
  readonly kind?: "llm";
  /** The objects that have model, usage and the like. */
  readonly known: readonly unknown[];
  readonly inputs?: readonly unknown[] | undefined;
  readonly outputs?: unknown;
  readonly data?: Record<string, unknown> | undefined;
}

/** Describes a span. Most of its data is there only when it has ended. */
export function describe(data: unknown): Description {
  const type = textOf(data, "type") ?? "span";
  const name = textOf(data, "name");
  switch (type) {
    case "generation":
      return { ...model(data), outputs: read(data, "output"), inputs: given(read(data, "input")) };
    case "response": {
      const response = read(data, "_response");
      const outputs = textOf(response, "output_text") ?? read(response, "output");
      return { ...model(data), known: [response], outputs, inputs: given(read(data, "_input")) };
    }
    case "function":
      return {
        operation: name ?? "tool",
        moduleName: "tool",
        known: [],
        inputs: given(parsedJson(read(data, "input"))),
        outputs: read(data, "output"),
      };
    case "turn":
      return {
        operation: "turn",
        moduleName: textOf(data, "agent_name") ?? "agents",
        known: [],
        data: { turn: read(data, "turn") },
      };
    case "handoff": {
      const agents = { from_agent: textOf(data, "from_agent"), to_agent: textOf(data, "to_agent") };
      return { operation: "handoff", moduleName: agents.from_agent ?? "agents", known: [], data: agents };
    }
    case "guardrail":
      return {
        operation: name ?? type,
        moduleName: "guardrail",
        known: [],
        data: { triggered: read(data, "triggered") },
      };
    case "mcp_tools":
      return {
        operation: type,
        moduleName: textOf(data, "server") ?? "mcp",
        known: [],
        outputs: read(data, "result"),
      };
    case "transcription":
    case "speech":
      // Audio is not recorded.
      return { ...model(data), operation: type, outputs: textOf(data, "output") };
    default:
      return { operation: name ?? type, moduleName: type, known: [], outputs: read(data, "data") };
  }
}

function model(data: unknown): Description {
  const output = read(data, "output");
  const known = [
    { model: textOf(data, "model"), usage: read(data, "usage") },
    // The answers of a chat, in OpenAI's format.
    ...(Array.isArray(output) ? output : []),
  ];
  return { operation: "model", moduleName: "agents", kind: "llm", known };
}

const given = (input: unknown): unknown[] | undefined => (input === undefined ? undefined : [input]);
