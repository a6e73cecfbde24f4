import { sign } from "node:crypto";
import { type Endpoint, TransportError, type TransportOptions } from "@streamll/core";
import { isRefusal } from "@streamll/core/options";
import { login } from "@streamll/transport-kit";
import { fromEnvironment } from "./google-auth.js";
import { readPassword, type ServiceAccount } from "./key.js";
import type { TokenSource } from "./token-source.js";

const HOUR = 3600;
/** A token is renewed so many seconds before it expires. */
const EARLY = 300;

/** An emulator asks nobody who they are. */
export const nobody: TokenSource = { headers: async () => ({}), renew() {} };

/** By the credentials function, the key of the options, the login of the URL, or the environment: the first that is there. */
export function tokensFor(
  options: Pick<TransportOptions, "credentials">,
  key: ServiceAccount | undefined,
  endpoint: Endpoint,
): TokenSource {
  const { password, username, label } = endpoint;
  if (options.credentials !== undefined) return cached(() => fromFunction(options, endpoint));
  if (key !== undefined) return cached(async () => signedBy(key));
  if (password === undefined) return fromEnvironment(endpoint);
  return cached(async () => signedBy(accountOf(password, username, label)));
}

interface Token {
  readonly value: string;
  /** Milliseconds since 1970; absent where it is not known, and then it is kept until it is refused. */
  readonly expiresAt?: number | undefined;
}

/** Keeps a token until shortly before it expires. Those who ask meanwhile share one answer. */
function cached(make: () => Promise<Token>): TokenSource {
  let token: Token | undefined;
  let asking: Promise<Token> | undefined;
  const isGood = () =>
    token !== undefined && (token.expiresAt ?? Number.POSITIVE_INFINITY) - EARLY * 1000 > Date.now();
  return {
    async headers() {
      if (!isGood()) {
        asking ??= make().finally(() => {
          asking = undefined;
        });
        token = await asking;
      }
      return { authorization: `Bearer ${token!.value}` };
    },
    renew() {
      token = undefined;
    },
  };
}

/**
 * A token that the account signs itself, so that nobody is asked for one: https://google.aip.dev/auth/4111. Its audience
 * is the service, also where a regional endpoint is spoken to.
 */
function signedBy({ email, key, keyId }: ServiceAccount, now = Date.now()): Token {
  const issuedAt = Math.floor(now / 1000);
  const header = { alg: "RS256", typ: "JWT", ...(keyId === undefined ? {} : { kid: keyId }) };
  const aud = "https://pubsub.googleapis.com/";
  const claims = { iss: email, sub: email, aud, iat: issuedAt, exp: issuedAt + HOUR };
  const text = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  const signature = sign("RSA-SHA256", Buffer.from(text), key).toString("base64url");
  return { value: `${text}.${signature}`, expiresAt: claims.exp * 1000 };
}

/** The password of a credentials function is a key as well, or an access token. */
async function fromFunction(
  options: Pick<TransportOptions, "credentials">,
  endpoint: Endpoint,
): Promise<Token> {
  const { username, password, expiresAt } = await login(options, endpoint);
  const isKey = password.includes("PRIVATE KEY");
  if (isKey) return signedBy(accountOf(password, username, endpoint.label));
  // RFC 6750 has no others; a line feed would end the header.
  if (/^[A-Za-z0-9._~+/-]+=*$/.test(password)) return { value: password, expiresAt };
  const message = `${endpoint.label}: credentials gave neither a private key nor an access token as password`;
  throw new TransportError("auth", message, { permanent: true });
}

function accountOf(password: string, username: string | undefined, label: string): ServiceAccount {
  const account = readPassword(password, username);
  if (!isRefusal(account)) return account;
  throw new TransportError("auth", `${label}: the password ${account.message}`, { permanent: true });
}
