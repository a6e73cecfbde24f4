import { createPublicKey, generateKeyPairSync, randomBytes, verify } from "node:crypto";
import { StatusError } from "./status.js";

/** A service account, as the file of its key has it. */
export interface AccountKey {
  readonly type: "service_account";
  readonly project_id: string;
  readonly private_key_id: string;
  readonly private_key: string;
  readonly client_email: string;
}

const AUDIENCE = "https://pubsub.googleapis.com/";
const SCOPES = ["https://www.googleapis.com/auth/pubsub", "https://www.googleapis.com/auth/cloud-platform"];

interface Claims {
  readonly iss?: string;
  readonly sub?: string;
  readonly aud?: string;
  readonly scope?: string;
  readonly iat?: number;
  readonly exp?: number;
}

/** Who may speak to the service, and by which tokens. */
export class Accounts {
  readonly #keys = new Map<string, string>();
  readonly #tokens = new Map<string, number>();
  /** Tokens that are refused although they are good. */
  readonly #revoked = new Set<string>();
  /** Each token that a request brought, once. */
  readonly seen: string[] = [];

  /** Makes an account with a key of its own. */
  create(name: string, project: string): AccountKey {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    const email = `${name}@${project}.iam.gserviceaccount.com`;
    this.#keys.set(email, publicKey);
    return {
      type: "service_account",
      project_id: project,
      private_key_id: `key-of-${name}`,
      private_key: privateKey,
      client_email: email,
    };
  }

  /** From now on no token that was seen so far is taken. */
  revokeSeen(): void {
    for (const token of this.seen) this.#revoked.add(token);
  }

  /** A token of the kind that metadata servers give. */
  issue(seconds = 3600): string {
    const token = `ya29.${randomBytes(24).toString("base64url")}`;
    this.#tokens.set(token, Date.now() + seconds * 1000);
    return token;
  }

  /** @throws StatusError of UNAUTHENTICATED. */
  check(authorization: string | undefined): void {
    const token = /^Bearer (\S+)$/.exec(authorization ?? "")?.[1];
    if (token === undefined) throw refused("Request is missing required authentication credential.");
    if (!this.seen.includes(token)) this.seen.push(token);
    if (this.#revoked.has(token)) throw refused("The token was revoked.");
    const expiry = this.#tokens.get(token);
    if (expiry === undefined) return this.#checkSigned(token);
    if (expiry <= Date.now()) throw refused("The token has expired.");
  }

  #checkSigned(token: string): void {
    const [head = "", body = "", signature = ""] = token.split(".");
    const header = parsed<{ alg?: string }>(head);
    const { iss = "", sub, aud = "", scope = "", iat = 0, exp = 0 } = parsed<Claims>(body);
    const key = this.#keys.get(iss);
    if (header.alg !== "RS256" || key === undefined) throw refused("The issuer of the token is not known.");
    const signed = Buffer.from(`${head}.${body}`);
    if (!verify("RSA-SHA256", signed, createPublicKey(key), Buffer.from(signature, "base64url")))
      throw refused("The signature of the token is wrong.");
    const now = Date.now() / 1000;
    // The service allows for clocks that differ by some minutes.
    if (exp <= now || iat > now + 300 || exp - iat > 3600) throw refused("The token is not valid now.");
    const isScoped = scope.split(" ").some((one) => SCOPES.includes(one));
    if (sub !== iss || (aud !== AUDIENCE && !isScoped)) throw refused("The token is for another service.");
  }
}

const refused = (message: string) => new StatusError("UNAUTHENTICATED", message);

function parsed<T extends object>(part: string): T {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString()) as T;
  } catch {
    throw refused("The token cannot be read.");
  }
}
