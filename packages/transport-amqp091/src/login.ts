import { types } from "node:util";
import type { Credentials, CredentialsProvider, Endpoint } from "@streamll/core";
import { transportError } from "./failure.js";

/** What SASL PLAIN takes, verbatim: amqplib sends both as UTF-8. */
export interface Login {
  readonly username: string;
  readonly password: string;
  /** When the password stops being valid, in milliseconds since 1970. */
  readonly expiresAt?: number;
}

/**
 * Asks the provider, else reads the endpoint.
 *
 * @throws TransportError of kind `auth`.
 */
export async function login(provider: CredentialsProvider | undefined, endpoint: Endpoint): Promise<Login> {
  const given = await (provider ? ask(provider, endpoint) : fromEndpoint(endpoint));
  // NUL parts user name and password in PLAIN (RFC 4616).
  if (given.username.includes("\0") || given.password.includes("\0")) {
    throw transportError("auth", `${endpoint.label}: user name and password cannot hold a NUL character`, {
      permanent: true,
    });
  }
  return given;
}

function fromEndpoint({ username, password }: Endpoint): Login {
  if (username === undefined && password === undefined) return { username: "guest", password: "guest" };
  return { username: username ?? "", password: password ?? "" };
}

async function ask(provider: CredentialsProvider, { username, label }: Endpoint): Promise<Login> {
  let given: Awaited<ReturnType<CredentialsProvider>>;
  try {
    given = await provider();
  } catch (cause) {
    throw transportError("auth", `${label}: the credentials function failed`, { cause });
  }
  const wrong = faultOf(given);
  if (wrong !== undefined) {
    throw transportError("auth", `${label}: the credentials function gave ${wrong}`, { permanent: true });
  }
  const { password, expiresAt } = given;
  return {
    username: given.username ?? username ?? "",
    password,
    ...(expiresAt ? { expiresAt: expiresAt.getTime() } : {}),
  };
}

function faultOf(given: Partial<Record<keyof Credentials, unknown>> | undefined): string | undefined {
  if (typeof given?.password !== "string") return "no password";
  const { username, expiresAt } = given;
  if (typeof (username ?? "") !== "string") return "a username that is no string";
  if (expiresAt === undefined || expiresAt === null) return undefined;
  const isTime = types.isDate(expiresAt) && Number.isFinite(expiresAt.getTime());
  return isTime ? undefined : "an expiresAt that is no valid Date";
}
