import type { Reader } from "./reader.js";
import type { StreamArguments } from "./stream.js";
import { list, map, string } from "./writer.js";

export const createSuperStream = (
  name: string,
  partitions: readonly string[],
  bindingKeys: readonly string[],
  args: StreamArguments,
): Buffer => Buffer.concat([string(name), list(partitions, string), list(bindingKeys, string), map(args)]);

export const deleteSuperStream = (name: string): Buffer => string(name);

export const partitions = (superStream: string): Buffer => string(superStream);

export const route = (routingKey: string, superStream: string): Buffer =>
  Buffer.concat([string(routingKey), string(superStream)]);

/** Of Partitions and Route alike. */
export const readStreams = (answer: Reader): string[] => answer.list(2, (reader) => reader.string());
