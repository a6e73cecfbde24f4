import { types } from "node:util";
import {
  type Credentials,
  type CredentialsProvider,
  type Endpoint,
  TransportError,
  type TransportOptions,
} from "@streamll/core";
import { isTransportError } from "@streamll/core/internal";

/** What SASL takes, verbatim and as UTF-8. */
export interface Login {
  /** With EXTERNAL the broker reads the user from the client's certificate, and the rest is empty. */
  readonly mechanism: "PLAIN" | "EXTERNAL";
  readonly username: string;
  readonly password: string;
  /** When the password stops being valid, in milliseconds since 1970. */
  readonly expiresAt?: number;
}

/**
 * Asks the provider, else reads the endpoint; a client's certificate without user and password is a login too. Without
 * any of them it is `guest` with `guest`, as RabbitMQ's clients have it. Call it at every connect: a password may have
 * changed.
 *
 * @throws TransportError of kind `auth`, or of the kind of the TransportError that the provider threw.
 */
export async function login(
  { credentials, tls }: Pick<TransportOptions, "credentials" | "tls">,
  endpoint: Endpoint,
): Promise<Login> {
  const byCertificate = tls?.cert !== undefined || tls?.pfx !== undefined;
  const given = await (credentials ? ask(credentials, endpoint) : fromEndpoint(endpoint, byCertificate));
  // NUL parts user name and password in PLAIN (RFC 4616).
  if (given.username.includes("\0") || given.password.includes("\0")) {
    throw new TransportError(
      "auth",
      `${endpoint.label}: user name and password cannot hold a NUL character`,
      {
        permanent: true,
      },
    );
  }
  return given;
}

function fromEndpoint({ username, password }: Endpoint, byCertificate: boolean): Login {
  if (username !== undefined || password !== undefined)
    return { mechanism: "PLAIN", username: username ?? "", password: password ?? "" };
  return byCertificate
    ? { mechanism: "EXTERNAL", username: "", password: "" }
    : { mechanism: "PLAIN", username: "guest", password: "guest" };
}

async function ask(provider: CredentialsProvider, { username, label }: Endpoint): Promise<Login> {
  let given: Awaited<ReturnType<CredentialsProvider>>;
  try {
    given = await provider();
  } catch (cause) {
    // One that says itself what is wrong, and whether it may pass.
    if (isTransportError(cause)) {
      const { kind, message, permanent } = cause;
      throw new TransportError(kind, `${label}: ${message}`, { cause, permanent });
    }
    throw new TransportError(
      "auth",
      `${label}: the credentials function threw: see the cause of this error`,
      { cause },
    );
  }
  const wrong = faultOf(given);
  if (wrong !== undefined) {
    throw new TransportError(
      "auth",
      `${label}: the credentials function gave ${wrong}. It must give { username, password }`,
      { permanent: true },
    );
  }
  const { password, expiresAt } = given;
  return {
    mechanism: "PLAIN",
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
