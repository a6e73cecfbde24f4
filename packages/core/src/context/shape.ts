import { Duplex, Readable, Transform } from "node:stream";
import { types } from "node:util";
import { dataOf, methodOf, ownData } from "../fields.js";
import { isLocked, isWebStream } from "./web-stream.js";

/** What a value is made to be read by. `undefined`: nothing that can be watched. */
export type Shape =
  | "web"
  | "generator"
  | "readable"
  | "events"
  | "iterable"
  | "response"
  | "holder"
  | "thenable";

/** @param isModels Whether it is what a call of a model gave. */
export function shapeOf(value: object, isModels: boolean): Shape | undefined {
  if (isWebStream(value)) return "web";
  if (types.isGeneratorObject(value)) return "generator";
  if (isReadable(value)) return "readable";
  // OpenAI's and Anthropic's helpers: whichever way they are read, each chunk is an event.
  if (methodOf(value, "_emit") && methodOf(value, "on")) return "events";
  if (methodOf(value, Symbol.asyncIterator)) return "iterable";
  if (methodOf(value, "then") || types.isPromise(value)) return "thenable";
  if (isModels && isResponse(value)) return "response";
  if (streamIn(value) || getters.some((name) => hasGetter(value, name))) return "holder";
  if (isModels && hasGetter(value, "stream")) return "holder";
  return undefined;
}

/** Of AI SDK's results, whose getters begin to read. */
const getters = ["textStream", "fullStream", "partialObjectStream"];

const streams = ["stream", "textStream", "fullStream", "partialObjectStream", "eventStream", "objectStream"];

/** The stream that an object holds in a field of that name: AI SDK's models, Bedrock's answers. */
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

/** Read already, or by another. What it is made of is not what the call gave. */
export function isSpent(value: object): boolean {
  if (isWebStream(value)) return isLocked(value);
  return value instanceof Readable && (value.destroyed || value.readableEnded);
}

/** Not a socket: that is a connection, of which what is read is one half. */
function isReadable(value: object): value is Readable {
  return value instanceof Readable && (!(value instanceof Duplex) || value instanceof Transform);
}
