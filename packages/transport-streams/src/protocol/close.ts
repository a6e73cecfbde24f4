import type { Reader } from "./reader.js";
import { string, u16 } from "./writer.js";

export interface Closing {
  readonly code: number;
  readonly reason: string;
}

export const close = ({ code, reason }: Closing): Buffer => Buffer.concat([u16(code), string(reason)]);

export const readClosing = (request: Reader): Closing => ({ code: request.u16(), reason: request.string() });
