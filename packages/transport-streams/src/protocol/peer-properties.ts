import type { Reader } from "./reader.js";
import { map } from "./writer.js";

/** Product, version and such: what the two ends tell each other before anything else. */
export type Properties = Readonly<Record<string, string>>;

export const peerProperties = (properties: Properties): Buffer => map(properties);

export const readProperties = (answer: Reader): Properties =>
  Object.fromEntries(answer.list(4, (reader) => [reader.string(), reader.string()]));
