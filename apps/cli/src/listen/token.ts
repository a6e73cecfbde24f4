import { createHash, timingSafeEqual } from "node:crypto";

/** Whether a header has the token. Takes as long whatever it has. */
export function tokenCheck(token: string): (authorization: string | undefined) => boolean {
  const expected = digest(token);
  return (authorization = "") => {
    const [, given = ""] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
    return timingSafeEqual(digest(given), expected);
  };
}

/** Of one length, as the comparison requires. */
const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
