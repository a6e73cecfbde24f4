import type { Reader } from "./reader.js";
import { string, u32 } from "./writer.js";

export type Mechanism = "PLAIN" | "EXTERNAL";

export const readMechanisms = (answer: Reader): string[] => answer.list(2, (reader) => reader.string());

/** PLAIN parts user name and password by NUL (RFC 4616); EXTERNAL says nothing. */
export function saslAuthenticate(mechanism: Mechanism, username: string, password: string): Buffer {
  const response = Buffer.from(mechanism === "PLAIN" ? `\0${username}\0${password}` : "");
  return Buffer.concat([string(mechanism), u32(response.length), response]);
}
