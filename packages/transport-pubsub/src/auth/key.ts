import { createPrivateKey, type KeyObject } from "node:crypto";
import { isRecord, Refusal } from "@streamll/core/options";

/** The parts of a service account's key file that are needed. */
export interface ServiceAccountKey {
  readonly client_email: string;
  /** PEM, as Google's file has it: PKCS #8. */
  readonly private_key: string;
  readonly private_key_id?: string | undefined;
}

/** Who signs, and with what. */
export interface ServiceAccount {
  readonly email: string;
  readonly key: KeyObject;
  /** Which of the account's keys it is, where that is known. */
  readonly keyId?: string;
}

const FILE = "the JSON file of a service account's key (client_email, private_key)";

/** Reads a key as the file has it: its text, or what `JSON.parse` makes of that. No part of it is repeated. */
export function readKeyFile(given: unknown): ServiceAccount | Refusal {
  const file = typeof given === "string" ? parsed(given) : given;
  if (!isRecord(file)) return new Refusal(`must be ${FILE}`);
  const { type, client_email: email, private_key: key, private_key_id: keyId } = file;
  if (type !== undefined && type !== "service_account")
    return new Refusal(
      `is no key of a service account but a credential of another type: leave it out, install google-auth-library and name the file in GOOGLE_APPLICATION_CREDENTIALS`,
    );
  if (typeof email !== "string" || !email.includes("@") || typeof key !== "string")
    return new Refusal(`must be ${FILE}; one of the two is missing`);
  const account = readPem(key, email);
  return account instanceof Refusal || typeof keyId !== "string" ? account : { ...account, keyId };
}

/** Reads the password of a login: a private key as PEM, or the whole file as JSON. */
export function readPassword(password: string, username: string | undefined): ServiceAccount | Refusal {
  if (password.trimStart().startsWith("{")) return readKeyFile(password);
  if (!password.includes("PRIVATE KEY"))
    return new Refusal(
      "is no private key: write the private_key of the service account's JSON file (it begins with -----BEGIN PRIVATE KEY-----), or the whole file",
    );
  if (username === undefined || !username.includes("@"))
    return new Refusal("is the key of an account that username does not name: write its client_email there");
  return readPem(password, username);
}

function readPem(pem: string, email: string): ServiceAccount | Refusal {
  try {
    // An environment variable mostly has \n as two characters.
    const key = createPrivateKey(pem.replaceAll("\\n", "\n"));
    if (key.asymmetricKeyType === "rsa") return { email, key };
    return new Refusal("is a private key, but none of RSA, which Google's are");
  } catch {
    return new Refusal("holds a private key that cannot be read: was it cut, or its lines joined?");
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
