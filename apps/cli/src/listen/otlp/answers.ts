import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { type Answer, jsonAnswer, type Refusal } from "../answer.js";

export const protobuf = "application/x-protobuf";
export const json = "application/json";

/** google.rpc.Code, by the status of HTTP. */
const codes: Readonly<Record<number, number>> = { 400: 3, 401: 16, 403: 7, 413: 3, 415: 3, 429: 8, 503: 14 };
const unknownCode = 2;

/** An answer in the encoding of the request. All was taken where `rejected` is 0. */
export function acceptedAnswer(type: string, field: string, rejected: number, message: string): Answer {
  if (type === json) {
    const partialSuccess = { [field]: String(rejected), errorMessage: message };
    return jsonAnswer(200, rejected === 0 ? {} : { partialSuccess });
  }
  if (rejected === 0) return binaryAnswer(200, new Uint8Array());
  const writer = new BinaryWriter().tag(1, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.Varint).int64(rejected).tag(2, WireType.LengthDelimited).string(message).join();
  return binaryAnswer(200, writer.finish());
}

/** A google.rpc.Status. */
export function refusedAnswer({ status, message, headers }: Refusal, type: string): Answer {
  const code = codes[status] ?? unknownCode;
  if (type === json) return jsonAnswer(status, { code, message }, headers);
  const writer = new BinaryWriter().tag(1, WireType.Varint).int32(code);
  return binaryAnswer(status, writer.tag(2, WireType.LengthDelimited).string(message).finish(), headers);
}

const binaryAnswer = (
  status: number,
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Answer => ({ status, headers: { "content-type": protobuf, ...headers }, body });
