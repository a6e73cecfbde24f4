import { Duplex, Readable, Transform } from "node:stream";
import { types } from "node:util";
import { dataOf, methodOf, ownData } from "../fields.js";
import { isLocked, isWebStream } from "./web-stream.js";

/** How a value can be read; `undefined` if there is nothing to watch. */
export type Shape =
  | "web"
  | "generator"
  | "readable"
  | "events"
  | "iterable"
  | "response"
  | "holder"
  | "thenable";

/** @param isModels Whether the value is the result of a model call. */
export function shapeOf(value: object, isModels: boolean): Shape | undefined {
  if (isWebStream(value)) return "web";
  if (types.isGeneratorObject(value)) return "generator";
  if (isReadable(value)) return "readable";
  // OpenAI's and Anthropic's stream helpers emit an event for each chunk, whichever way they are read.
  if (methodOf(value, "_emit") && methodOf(value, "on")) return "events";
  if (methodOf(value, Symbol.asyncIterator)) return "iterable";
  if (methodOf(value, "then") || types.isPromise(value)) return "thenable";
  if (isModels && isResponse(value)) return "response";
  if (streamIn(value) || getters.some((name) => hasGetter(value, name))) return "holder";
  if (isModels && hasGetter(value, "stream")) return "holder";
  return undefined;
}

/** Getters of AI SDK's results. Reading one starts the stream. */
const getters = ["textStream", "fullStream", "partialObjectStream"];

const streams = ["stream", "textStream", "fullStream", "partialObjectStream", "eventStream", "objectStream"];

/** The stream that an object holds in one of these fields: AI SDK's models, Bedrock's answers. */
export function streamIn(holder: object): object | undefined {
  for (const name of streams) {
    const value = ownData(holder, name);
    if (typeof value !== "object" || value === null || types.isProxy(value)) continue;
    if (isWebStream(value) || isReadable(value) || types.isGeneratorObject(value)) return value;
    if (methodOf(value, Symbol.asyncIterator)) return value;
  }
  return undefined;
}

export const isResponse = (value: object): boolean =>
  dataOf(value, Symbol.toStringTag) === "Response" && methodOf(value, "arrayBuffer") !== undefined;

function hasGetter(value: object, name: string): boolean {
  for (let at: object | null = value; at !== null && !types.isProxy(at); at = Object.getPrototypeOf(at)) {
    const descriptor = Object.getOwnPropertyDescriptor(at, name);
    if (descriptor !== undefined) return descriptor.get !== undefined;
  }
  return false;
}

/** Whether something has read the stream already, or is reading it, so that the call's reader cannot. */
export function isSpent(value: object): boolean {
  if (isWebStream(value)) return isLocked(value);
  return value instanceof Readable && (value.destroyed || value.readableEnded);
}

/** A readable stream, but not a socket or another duplex: what is read from a connection is no result. */
function isReadable(value: object): value is Readable {
  return value instanceof Readable && (!(value instanceof Duplex) || value instanceof Transform);
}
