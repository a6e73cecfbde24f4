import { map, string } from "./writer.js";

/** `max-length-bytes`, `max-age`, `stream-max-segment-size-bytes` …: RabbitMQ's names without `x-`. */
export type StreamArguments = Readonly<Record<string, string>>;

export const create = (stream: string, args: StreamArguments): Buffer =>
  Buffer.concat([string(stream), map(args)]);

export const deleteStream = (stream: string): Buffer => string(stream);
