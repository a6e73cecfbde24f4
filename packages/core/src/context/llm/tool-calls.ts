import { fieldAt, fieldOf, itemsAt, objectAt, type Part, textAt } from "./fields.js";

/** A tool call that a model requests. */
export interface ToolCall {
  tool_call_id?: string;
  name?: string;
  /** Parsed if it is JSON. */
  arguments?: unknown;
}

const maxCalls = 100;
const maxNameLength = 200;

/** Where answers hold lists of texts and tool calls: Anthropic and AI SDK, OpenAI's Responses API, Bedrock, Google. */
const blocks = [
  ["content", "content"],
  ["output", "output"],
  ["output", "output.message.content"],
  ["candidates", "candidates.0.content.parts"],
] as const;

/** Collects the tool calls of an answer, assembling them from the pieces of a stream. */
export class ToolCalls {
  readonly #calls = new Map<string | number, ToolCall>();
  #room: number;

  /** @param maxBytes The limit for all arguments together. */
  constructor(maxBytes: number) {
    this.#room = maxBytes;
  }

  get all(): readonly ToolCall[] {
    return [...this.#calls.values()].map((call) => ({ ...call, arguments: parsedJson(call.arguments) }));
  }

  /** @param parts The parts of an answer or a chunk, of which the whole is the first. */
  add(parts: readonly Part[]): void {
    const [whole] = parts;
    if (whole !== undefined) this.#addChunk(whole);
    for (const part of parts) this.#addPart(part);
  }

  #addPart(holder: Part): void {
    if (Object.hasOwn(holder, "choices")) {
      const choice = objectAt(holder, "choices.0");
      for (const path of ["message.tool_calls", "message.toolCalls"])
        for (const call of itemsAt(choice, path)) this.#addWhole(call);
      for (const path of ["delta.tool_calls", "delta.toolCalls"])
        for (const call of itemsAt(choice, path)) this.#addPiece(call);
    }
    const pieces = itemsAt(holder, "tool_call_chunks");
    for (const call of pieces) this.#addPiece(call);
    // The `tool_calls` of LangChain's chunks are only what could be parsed of the pieces so far.
    if (pieces.length === 0) for (const call of itemsAt(holder, "tool_calls")) this.#addWhole(call);
    for (const call of itemsAt(holder, "results.0.functionCalls")) this.#addPiece(call);
    for (const [name, path] of blocks) {
      if (Object.hasOwn(holder, name)) for (const block of itemsAt(holder, path)) this.#addBlock(block);
    }
  }

  /** Adds from a stream's chunk of Anthropic, Bedrock, OpenAI's Responses API or the AI SDK. */
  #addChunk(chunk: Part): void {
    const type = textAt(chunk, "type");
    const index = fieldOf(chunk, "index") ?? fieldOf(chunk, "contentBlockIndex");
    const at = (call: object) => (typeof index === "number" ? { ...call, index } : call);
    if (type === "content_block_start") {
      const { id, name } = named(objectAt(chunk, "content_block"), "tool_use");
      if (name !== undefined) this.#addPiece(at({ id, name }));
    } else if (type === "content_block_delta") {
      const piece = textAt(chunk, "delta.partial_json");
      if (piece !== undefined) this.#addPiece(at({ args: piece }));
    } else if (type === "response.output_item.done") this.#addBlock(fieldOf(chunk, "item"));
    else if (type === "tool-call") this.#addBlock(chunk);
    const started = Object.hasOwn(chunk, "contentBlockStart")
      ? objectAt(chunk, "contentBlockStart")
      : undefined;
    const follows = Object.hasOwn(chunk, "contentBlockDelta")
      ? objectAt(chunk, "contentBlockDelta")
      : undefined;
    if (started) this.#addBedrock(started, objectAt(started, "start.toolUse"));
    if (follows) this.#addBedrock(follows, objectAt(follows, "delta.toolUse"));
  }

  #addBedrock(block: object, tool: object | undefined): void {
    if (tool === undefined) return;
    const index = fieldOf(block, "contentBlockIndex");
    this.#addPiece({
      id: fieldOf(tool, "toolUseId"),
      name: fieldOf(tool, "name"),
      args: fieldOf(tool, "input"),
      index,
    });
  }

  #addBlock(block: unknown): void {
    const use = objectAt(block, "toolUse") ?? objectAt(block, "functionCall");
    const type = textAt(block, "type");
    if (use !== undefined) this.#addWhole(use);
    else if (type === "tool_use" || type === "tool-call" || type === "tool_call" || type === "function_call")
      this.#addWhole(block);
  }

  #addWhole(call: unknown): void {
    const { id, name, args } = read(call);
    if (id === undefined && name === undefined) return;
    const known = this.#at(id ?? this.#calls.size);
    if (known === undefined) return;
    if (id !== undefined) known.tool_call_id = id;
    if (name !== undefined) known.name = name;
    if (args !== undefined) known.arguments = this.#truncateText(args);
  }

  #addPiece(piece: unknown): void {
    const { id, name, args } = read(piece);
    const index = fieldOf(piece, "index");
    // Only the first piece of a call has an id.
    const key = typeof index === "number" ? index : (id ?? [...this.#calls.keys()].at(-1) ?? 0);
    const call = this.#at(key);
    if (call === undefined) return;
    if (id !== undefined && id !== "") call.tool_call_id = id;
    if (name !== undefined && name !== "") call.name = name;
    if (typeof args === "string") call.arguments = `${call.arguments ?? ""}${this.#truncateText(args)}`;
    else if (args !== undefined) call.arguments = this.#truncateText(args);
  }

  #at(key: string | number): ToolCall | undefined {
    const known =
      this.#calls.get(key) ?? [...this.#calls.values()].find(({ tool_call_id }) => tool_call_id === key);
    if (known !== undefined || this.#calls.size === maxCalls) return known;
    const call: ToolCall = {};
    this.#calls.set(key, call);
    return call;
  }

  #truncateText(args: unknown): unknown {
    if (typeof args !== "string") return args;
    const kept = args.slice(0, Math.max(0, this.#room));
    this.#room -= kept.length;
    return kept;
  }
}

function named(
  block: object | undefined,
  type: string,
): { id?: string | undefined; name?: string | undefined } {
  return textAt(block, "type") === type ? { id: textAt(block, "id"), name: textAt(block, "name") } : {};
}

interface Read {
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly args: unknown;
}

const argumentPaths = [
  "function.arguments",
  "function.params",
  "arguments",
  "args",
  "input",
  "parameters",
  "params",
];

function read(call: unknown): Read {
  const id = first(call, ["call_id", "toolCallId", "tool_call_id", "toolUseId", "id"]);
  const name = first(call, ["function.name", "name", "toolName"]);
  const args = argumentPaths.map((path) => fieldAt(call, path)).find((value) => value !== undefined);
  return { id: id?.slice(0, maxNameLength), name: name?.slice(0, maxNameLength), args: args ?? undefined };
}

const first = (holder: unknown, paths: readonly string[]): string | undefined =>
  paths.map((path) => textAt(holder, path)).find((text) => text !== undefined);

/** Parses text that is JSON; returns anything else as it is. */
export function parsedJson(args: unknown): unknown {
  if (typeof args !== "string") return args;
  try {
    return JSON.parse(args);
  } catch {
    return args;
  }
}
