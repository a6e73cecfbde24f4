import type { Readable } from "node:stream";
import { type Credentials, type CredentialsProvider, TransportError } from "@streamll/core";
import { isPlainObject, isTransportError } from "@streamll/core/internal";
import { killGroup, spawnGroup } from "./process-group.js";

/** For one that asks a service that does not answer. */
const MOST_MS = 30_000;
/** No password is longer, in characters. */
const LONGEST = 1024 * 1024;

/**
 * Asks a command of the shell at each call; those that come while it runs get the same answer. No error has what it wrote,
 * but for the code of an error of OAuth 2.
 *
 * @param mostMs then it is ended, with all that it has begun.
 * @throws TransportError of kind `auth`, from the provider.
 */
export function credentialsBy(command: string, mostMs = MOST_MS): CredentialsProvider {
  let running: Promise<Credentials> | undefined;
  const ask = async () => {
    const output = await outputOf(command, mostMs).catch((error: NodeJS.ErrnoException) => {
      // Node's own error has the command.
      throw isTransportError(error) ? error : refusal(`cannot be run (${error.code})`);
    });
    return credentialsIn(output.replace(/\r?\n$/, ""));
  };
  return () => {
    running ??= ask().finally(() => {
      running = undefined;
    });
    return running;
  };
}

/** When this process ends, a command of its own group has to be ended too. */
const ends = ["exit", "SIGINT", "SIGTERM", "SIGHUP"] as const;

async function outputOf(command: string, mostMs: number): Promise<string> {
  const child = spawnGroup(command, ["ignore", "pipe", "inherit"]);
  const kill = () => killGroup(child, "SIGKILL");
  for (const end of ends) process.on(end, kill);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    kill();
    // What has left the group may hold it open.
    child.stdout!.destroy();
  }, mostMs);
  const ended = new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.on("error", reject).on("exit", (code, signal) => resolve(signal ?? code));
  });
  const [how, output] = await Promise.all([ended, textIn(child.stdout!).catch(() => "")]).finally(() => {
    clearTimeout(timer);
    for (const end of ends) process.off(end, kill);
  });
  if (output.length > LONGEST) throw refusal("gave more than 1 MiB, and is to print a password alone");
  if (late) throw refusal(`has not ended within ${mostMs / 1000} s`);
  if (how !== 0) throw refusal(`has ended with ${how}`);
  return output;
}

/** Of one that is longer, no more than shows that: it is closed then. */
async function textIn(output: Readable): Promise<string> {
  let text = "";
  for await (const chunk of output.setEncoding("utf8")) {
    text += chunk;
    if (text.length > LONGEST) break;
  }
  return text;
}

/**
 * An answer of a token service (RFC 6749, 5.1), an object as `credentials` gives it, or the password alone. Google's key
 * file is JSON, and a password.
 */
function credentialsIn(output: string): Credentials {
  if (output === "") throw refusal("gave nothing");
  const given = parsed(output);
  if (given === undefined) return withExpiry({ password: output }, expiryOfJwt(output));
  const { access_token: token, expires_in: seconds, username, password = token, expiresAt, error } = given;
  if (password === undefined && error !== undefined)
    throw refusal(`gave no token${/^[\w.-]{1,60}$/.test(String(error)) ? `, but the error ${error}` : ""}`);
  if (password === undefined && typeof given.private_key === "string") return { password: output };
  if (typeof password !== "string")
    throw refusal("gave JSON that has neither a password nor an access_token as text");
  if (expiresAt !== undefined && expiresAt !== null && typeof expiresAt !== "string")
    throw refusal("gave an expiresAt that is no text, such as 2030-01-31T12:00:00Z");
  return withExpiry(
    { password, ...(typeof username === "string" && { username }) },
    typeof expiresAt === "string" ? new Date(expiresAt) : (inSeconds(seconds) ?? expiryOfJwt(password)),
  );
}

const withExpiry = (login: Credentials, expiresAt: Date | undefined): Credentials =>
  expiresAt === undefined ? login : { ...login, expiresAt };

/** Some services write the number as text. What is no time to come tells nothing. */
function inSeconds(given: unknown): Date | undefined {
  const seconds = typeof given === "string" ? Number(given) : given;
  const isKnown = typeof seconds === "number" && Number.isFinite(seconds) && seconds > 0;
  return isKnown ? new Date(Date.now() + seconds * 1000) : undefined;
}

/** RFC 7519, 4.1.4. */
function expiryOfJwt(token: string): Date | undefined {
  const [, payload, signature, ...more] = token.split(".");
  if (signature === undefined || more.length > 0) return undefined;
  const exp = parsed(Buffer.from(payload!, "base64url").toString())?.exp;
  return typeof exp === "number" ? new Date(exp * 1000) : undefined;
}

/** `undefined` for what is no object. */
function parsed(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isPlainObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const refusal = (how: string) => new TransportError("auth", `the command of --credentials ${how}`);
