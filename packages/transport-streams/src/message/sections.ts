import { isUtf8 } from "node:buffer";
import { APPLICATION_PROPERTIES, HEADER, MESSAGE_ANNOTATIONS, PROPERTIES } from "@streamll/transport-kit";
import { MalformedFrameError } from "../protocol/reader.js";
import { itemsAt, readValue, valueEnd } from "./value.js";

const DATA = 0x75;
const AMQP_VALUE = 0x77;

/** Where the sections of an AMQP 1.0 message begin (3.2), after their descriptors; 0: it has no such section. */
export interface Sections {
  readonly header: number;
  readonly annotations: number;
  readonly properties: number;
  readonly applicationProperties: number;
  readonly body: Buffer;
}

/**
 * Finds the sections without reading them. Bytes that are no AMQP 1.0 message are all body: a stream takes anything.
 */
export function sectionsOf(bytes: Buffer): Sections {
  try {
    return scanned(bytes);
  } catch (error) {
    if (!(error instanceof MalformedFrameError)) throw error;
    return { header: 0, annotations: 0, properties: 0, applicationProperties: 0, body: bytes };
  }
}

function scanned(bytes: Buffer): Sections {
  const { length } = bytes;
  let [header, annotations, properties, applicationProperties] = [0, 0, 0, 0];
  const body: Buffer[] = [];
  for (let at = 0; at < length; ) {
    const isShort = bytes[at + 1] === 0x53;
    if (bytes[at] !== 0 || !(isShort || bytes[at + 1] === 0x80))
      throw new MalformedFrameError("what comes is no section");
    const start = at + (isShort ? 3 : 10);
    const section = bytes[start - 1];
    const end = valueEnd(bytes, start, length);
    if (section === HEADER) header = start;
    else if (section === MESSAGE_ANNOTATIONS) annotations = start;
    else if (section === PROPERTIES) properties = start;
    else if (section === APPLICATION_PROPERTIES) applicationProperties = start;
    else if (section === DATA) body.push(bytes.subarray(start + (bytes[start] === 0xa0 ? 2 : 5), end));
    else if (section === AMQP_VALUE) body.push(textOf(bytes, start, end));
    at = end;
  }
  return {
    ...{ header, annotations, properties, applicationProperties },
    body: body.length === 1 ? body[0]! : Buffer.concat(body),
  };
}

/** A text or bytes in the section `amqp-value` are the body; anything else is as it is on the wire. */
function textOf(bytes: Buffer, start: number, end: number): Buffer {
  const type = bytes[start]!;
  if (type === 0xa0 || type === 0xa1 || type === 0xa3) return bytes.subarray(start + 2, end);
  if (type === 0xb0 || type === 0xb1 || type === 0xb3) return bytes.subarray(start + 5, end);
  return bytes.subarray(start, end);
}

/** The map of a section; empty where it cannot be read. */
export function readMap(bytes: Buffer, start: number): Readonly<Record<string, unknown>> {
  if (start === 0) return {};
  try {
    const map = readValue(bytes, start, bytes.length);
    return typeof map === "object" && map !== null && !Array.isArray(map)
      ? (map as Record<string, unknown>)
      : {};
  } catch (error) {
    if (error instanceof MalformedFrameError) return {};
    throw error;
  }
}

/** One field of a section that is a list; absent where it is not there, or cannot be read. */
export function readField(bytes: Buffer, start: number, index: number): unknown {
  if (start === 0) return undefined;
  try {
    const end = valueEnd(bytes, start, bytes.length);
    let at = itemsAt(bytes, start);
    // list0 has no items, and no size.
    if (bytes[start] === 0x45) return undefined;
    for (let left = index; left > 0 && at < end; left--) at = valueEnd(bytes, at, end);
    return at < end ? (readValue(bytes, at, end) ?? undefined) : undefined;
  } catch (error) {
    if (error instanceof MalformedFrameError) return undefined;
    throw error;
  }
}

/** A field that InboundMessage has as a text: ids may be numbers, UUIDs and bytes too. */
export function fieldText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (Buffer.isBuffer(value)) return isUtf8(value) ? value.toString() : value.toString("hex");
  return undefined;
}
