import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import type { Kind, Message } from "./messages.js";

/** Values may hold values: deeper than this nobody writes them. */
const mostDepth = 64;

const wireTypes = {
  string: WireType.LengthDelimited,
  bytes: WireType.LengthDelimited,
  id: WireType.LengthDelimited,
  bool: WireType.Varint,
  int: WireType.Varint,
  double: WireType.Bit64,
  time: WireType.Bit64,
} as const;

/**
 * Decodes a protobuf message into the form that its JSON has: numbers of 64 bits are text, ids hexadecimal.
 *
 * @throws Error for bytes that are no such message.
 */
export const decode = (message: Message, bytes: Uint8Array): Record<string, unknown> =>
  decoded(message, bytes, 0);

function decoded(message: Message, bytes: Uint8Array, depth: number): Record<string, unknown> {
  if (depth > mostDepth) throw new Error(`messages are nested deeper than ${mostDepth}`);
  const reader = new BinaryReader(bytes);
  const result: Record<string, unknown> = {};
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const field = message[number];
    if (field === undefined || wireType !== wireTypeOf(field[1])) {
      reader.skip(wireType, number);
      continue;
    }
    const [name, kind, list] = field;
    const value = fieldValue(reader, kind, depth);
    if (list === undefined) result[name] = value;
    else {
      result[name] ??= [];
      (result[name] as unknown[]).push(value);
    }
  }
  return result;
}

const wireTypeOf = (kind: Kind): WireType =>
  typeof kind === "string" ? wireTypes[kind] : WireType.LengthDelimited;

function fieldValue(reader: BinaryReader, kind: Kind, depth: number): unknown {
  switch (kind) {
    case "string":
      return reader.string();
    case "bool":
      return reader.bool();
    case "int":
      return String(reader.int64());
    case "double":
      return reader.double();
    case "time":
      return String(reader.fixed64());
    case "id":
      return Buffer.from(reader.bytes()).toString("hex");
    case "bytes":
      return Buffer.from(reader.bytes()).toString("base64");
    default:
      return decoded(typeof kind === "function" ? kind() : kind, reader.bytes(), depth + 1);
  }
}
