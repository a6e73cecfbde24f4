/** What an AMQP 1.0 message holds, by section; only what ours may have. */
export interface DecodedMessage {
  annotations: Record<string, unknown>;
  properties: unknown[];
  applicationProperties: Record<string, unknown>;
  data: Buffer;
}

export function decodeMessage(bytes: Buffer): DecodedMessage {
  const message: DecodedMessage = {
    annotations: {},
    properties: [],
    applicationProperties: {},
    data: Buffer.alloc(0),
  };
  let at = 0;
  const skip = (length: number) => {
    at += length;
    return at - length;
  };
  const text = (length: number) => bytes.toString("utf8", at, skip(length) + length);
  const list = () => {
    const end = bytes.readUInt32BE(at) + skip(4) + 4;
    const count = bytes.readUInt32BE(skip(4));
    const items = Array.from({ length: count }, value);
    if (at !== end) throw new Error(`a list of ${count} ends at ${at}, not at ${end}`);
    return items;
  };
  function value(): unknown {
    const type = bytes[skip(1)]!;
    switch (type) {
      case 0x40:
        return null;
      case 0x41:
      case 0x42:
        return type === 0x41;
      case 0x71:
        return bytes.readInt32BE(skip(4));
      case 0x81:
      case 0x83:
        return Number(bytes.readBigInt64BE(skip(8)));
      case 0x82:
        return bytes.readDoubleBE(skip(8));
      case 0xa1:
      case 0xa3:
        return text(bytes[skip(1)]!);
      case 0xb1:
        return text(bytes.readUInt32BE(skip(4)));
      case 0xa0:
        return bytes.subarray(at, skip(bytes[skip(1)]!) + at);
      case 0xd0:
      case 0xd1:
        return list();
      default:
        throw new Error(`a value of type 0x${type.toString(16)}`);
    }
  }
  const map = () => {
    const items = value() as unknown[];
    return Object.fromEntries(items.flatMap((item, i) => (i % 2 === 0 ? [[item, items[i + 1]]] : [])));
  };
  while (at < bytes.length) {
    const head = bytes.subarray(at, skip(3) + 3);
    if (head[0] !== 0 || head[1] !== 0x53) throw new Error(`no section begins at ${at - 3}`);
    if (head[2] === 0x72) message.annotations = map();
    else if (head[2] === 0x73) message.properties = value() as unknown[];
    else if (head[2] === 0x74) message.applicationProperties = map();
    else if (head[2] === 0x75) {
      const length = bytes[skip(1)] === 0xa0 ? bytes[skip(1)]! : bytes.readUInt32BE(skip(4));
      message.data = bytes.subarray(at, skip(length) + length);
    } else throw new Error(`a section of kind ${head[2]}`);
  }
  return message;
}
