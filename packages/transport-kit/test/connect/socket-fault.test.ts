import { runInNewContext } from "node:vm";
import { socketFaultOf } from "@streamll/transport-kit";
import { describe, expect, it } from "vitest";

describe("what a socket of another realm threw", () => {
  const fault = (code: string) => runInNewContext(`Object.assign(new Error("${code}"), { code: "${code}" })`);

  it.each([
    ["ECONNREFUSED", "unreachable"],
    ["ENOTFOUND", "unknown-host"],
    ["ETIMEDOUT", "timeout"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "certificate"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "plain"],
  ])("is judged by its code %s", (code, expected) => {
    expect(socketFaultOf(fault(code))).toBe(expected);
  });
});
