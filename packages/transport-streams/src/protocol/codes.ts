export const OK = 1;
export const STREAM_DOES_NOT_EXIST = 2;
export const STREAM_ALREADY_EXISTS = 5;
export const STREAM_NOT_AVAILABLE = 6;
export const MECHANISM_NOT_SUPPORTED = 7;
export const AUTHENTICATION_FAILURE = 8;
export const LOOPBACK_ONLY = 11;
export const VIRTUAL_HOST_ACCESS_FAILURE = 12;
const UNKNOWN_FRAME = 13;
export const FRAME_TOO_LARGE = 14;
export const INTERNAL_ERROR = 15;
export const ACCESS_REFUSED = 16;
export const PRECONDITION_FAILED = 17;
export const PUBLISHER_DOES_NOT_EXIST = 18;
export const NO_OFFSET = 19;

const names: Readonly<Record<number, string>> = {
  [OK]: "ok",
  [STREAM_DOES_NOT_EXIST]: "stream does not exist",
  3: "subscription id already exists",
  4: "subscription id does not exist",
  [STREAM_ALREADY_EXISTS]: "stream already exists",
  [STREAM_NOT_AVAILABLE]: "stream not available",
  [MECHANISM_NOT_SUPPORTED]: "SASL mechanism not supported",
  [AUTHENTICATION_FAILURE]: "authentication failure",
  9: "SASL error",
  10: "SASL challenge",
  [LOOPBACK_ONLY]: "authentication failure: this user may only connect from the broker's own host",
  [VIRTUAL_HOST_ACCESS_FAILURE]: "virtual host access failure",
  [UNKNOWN_FRAME]: "unknown frame",
  [FRAME_TOO_LARGE]: "frame too large",
  [INTERNAL_ERROR]: "internal error",
  [ACCESS_REFUSED]: "access refused",
  [PRECONDITION_FAILED]: "precondition failed",
  [PUBLISHER_DOES_NOT_EXIST]: "publisher does not exist",
  [NO_OFFSET]: "no offset",
};

/** A response code in the words of the protocol. */
export const nameOfCode = (code: number): string => names[code] ?? `code ${code}`;
