import { randomBytes } from "node:crypto";

/** 9 random bytes are 12 characters of base64url, whose alphabet is nanoid's. */
const idsAtOnce = 512;
let pool = "";
let next = 0;

/** An id of 12 URL-safe characters (72 random bits). From the pool it costs 10 ns instead of a system call. */
export function randomId(): string {
  if (next === pool.length) {
    pool = randomBytes(9 * idsAtOnce).toString("base64url");
    next = 0;
  }
  next += 12;
  return pool.slice(next - 12, next);
}
