import { runInNewContext } from "node:vm";
import { classifySocketError, errorOf, socketClosed, verdict } from "@streamll/transport-kit";
import { describe, expect, it } from "vitest";

describe("an error that a socket of another realm threw", () => {
  const fault = (code: string) => runInNewContext(`Object.assign(new Error("${code}"), { code: "${code}" })`);

  it.each([
    ["ECONNREFUSED", "unreachable", false, "Check host and port"],
    ["ENOTFOUND", "unreachable", false, "Check the host's name"],
    ["ETIMEDOUT", "timeout", false, "Check whether the broker is hung"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "tls", true, "Check the certificates"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "tls", true, "does not speak TLS"],
    ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "tls", true, "set tls.cert and tls.key"],
  ])("is classified by its code %s", (code, kind, permanent, hint) => {
    expect(classifySocketError(fault(code))).toEqual({
      kind,
      permanent,
      hint: expect.stringContaining(hint),
    });
  });
});

it("a socket that closed without an error is one whose peer hung up", () => {
  expect(classifySocketError(socketClosed())).toMatchObject({ kind: "unreachable", permanent: false });
});

it("an error of something else is not classified", () => {
  expect(classifySocketError(new TypeError("x is not a function"))).toBeUndefined();
});

it("the hint of a transport replaces the general one of that fault alone", () => {
  const hints = { plain: "Use mine://" };
  const plain = Object.assign(new Error(), { code: "ERR_SSL_PACKET_LENGTH_TOO_LONG" });
  const refused = Object.assign(new Error(), { code: "ECONNREFUSED" });
  expect(classifySocketError(plain, hints)?.hint).toBe("Use mine://");
  expect(classifySocketError(refused, hints)?.hint).toContain("Check host and port");
});

it("an error says what happened and what to do, with one full stop between them", () => {
  const hint = verdict("auth", true, "Check the password");
  for (const said of ["the password is wrong", "the password is wrong.", "the password is wrong. "])
    expect(errorOf(hint, said).message).toBe("the password is wrong. Check the password");
  expect(errorOf(verdict("auth", true), "It is wrong.").message).toBe("It is wrong.");
});
