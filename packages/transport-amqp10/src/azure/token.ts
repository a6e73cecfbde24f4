import {
  type Endpoint,
  TransportError,
  TransportNotInstalledError,
  type TransportOptions,
} from "@streamll/core";
import { textOf } from "@streamll/core/internal";
import { login } from "@streamll/transport-kit";
import type { TokenCredential } from "./options.js";
import { isSasToken, sasExpiry, sasToken } from "./sas.js";

/** Lets its bearer use an entity for a while. */
export interface Token {
  readonly type: "servicebus.windows.net:sastoken" | "jwt";
  readonly value: string;
  /** Milliseconds since 1970; absent where it is not known. */
  readonly expiresAt?: number;
}

/** Gives a token for an audience (`sb://HOST/ENTITY`). @throws TransportError of kind `auth` */
export type TokenSource = (audience: string) => Promise<Token>;

const SCOPE = "https://servicebus.azure.net/.default";

/** Signed with the key of the endpoint, or of `credentials`; a ready token in the key's place is used as it is. */
export const tokensOfKey =
  (options: TransportOptions, endpoint: Endpoint, lifeMs: number): TokenSource =>
  (audience) =>
    fromLogin(options, endpoint, audience, lifeMs);

/** Azure AD's; what they allow is a matter of roles, for all audiences alike. */
export const tokensOfCredential =
  (credential: TokenCredential, { label }: Endpoint): TokenSource =>
  () =>
    fromCredential(credential, label);

async function fromLogin(
  options: TransportOptions,
  endpoint: Endpoint,
  audience: string,
  lifeMs: number,
): Promise<Token> {
  const { label, username, password: written } = endpoint;
  if (options.credentials === undefined && (written ?? "") === "") {
    const message = `${label}: there is no key: give a connection string, username and password, or authProvider`;
    throw new TransportError("auth", message, { permanent: true });
  }
  const given = await login(options, username === undefined ? { ...endpoint, username: "" } : endpoint);
  const { password } = given;
  const type = "servicebus.windows.net:sastoken";
  if (isSasToken(password)) {
    const expiresAt = given.expiresAt ?? sasExpiry(password);
    if (expiresAt !== undefined && expiresAt <= Date.now()) {
      const message = `${label}: the SharedAccessSignature expired at ${new Date(expiresAt).toISOString()}`;
      throw new TransportError("auth", message, { permanent: true });
    }
    return { type, value: password, ...(expiresAt === undefined ? {} : { expiresAt }) };
  }
  if (given.username === "") {
    const message = `${label}: the key has no name: username is that of its policy, such as RootManageSharedAccessKey`;
    throw new TransportError("auth", message, { permanent: true });
  }
  const expiresAt = wholeSeconds(Math.min(Date.now() + lifeMs, given.expiresAt ?? Number.POSITIVE_INFINITY));
  return { type, value: sasToken({ name: given.username, key: password }, audience, expiresAt), expiresAt };
}

/** A token gives its expiry in whole seconds. */
const wholeSeconds = (milliseconds: number): number => Math.floor(milliseconds / 1000) * 1000;

async function fromCredential(credential: TokenCredential, label: string): Promise<Token> {
  let token: Awaited<ReturnType<TokenCredential["getToken"]>>;
  try {
    token = await credential.getToken(SCOPE);
  } catch (cause) {
    if (cause instanceof TransportNotInstalledError) throw cause;
    // Microsoft's library writes several lines.
    const message = `${label}: the credential gave no token: ${textOf(cause).replace(/\s+/g, " ")}`;
    throw new TransportError("auth", message, { cause });
  }
  if (typeof token?.token !== "string") {
    throw new TransportError("auth", `${label}: the credential gave no token`, { permanent: true });
  }
  const { expiresOnTimestamp } = token;
  return {
    type: "jwt",
    value: token.token,
    ...(Number.isFinite(expiresOnTimestamp) ? { expiresAt: expiresOnTimestamp } : {}),
  };
}
