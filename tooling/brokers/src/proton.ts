import { spawn, spawnSync } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

// Debian's, also where another python3 comes first on the path.
const python = "/usr/bin/python3";

let checked: { readonly reason: string | undefined } | undefined;

/** Why AMQP 1.0 cannot be spoken with python3-qpid-proton here, where that is so. Brokers from Debian bring it along. */
export function protonMissing(): string | undefined {
  checked ??= {
    reason:
      spawnSync(python, ["-c", "import proton"]).status === 0
        ? undefined
        : "speaks with python3-qpid-proton, which this machine has not (apt-get install python3-qpid-proton)",
  };
  return checked.reason;
}

/** A message as Debian's python3-qpid-proton, which shares nothing with rhea, decodes it. */
export interface ProtonMessage {
  /** Of a data section as UTF-8. */
  readonly body: unknown;
  readonly id: unknown;
  readonly correlationId: unknown;
  readonly subject: string | null;
  readonly contentType: string | null;
  readonly groupId: string | null;
  readonly durable: boolean;
  /** In seconds; 0 for none. */
  readonly ttl: number;
  readonly properties: Readonly<Record<string, unknown>> | null;
  readonly annotations: Readonly<Record<string, unknown>>;
}

/**
 * Takes so many messages from an address, by AMQP 1.0 with SASL PLAIN.
 *
 * @param url with user and password: of a broker, or of the server that stands for Service Bus.
 */
export async function readWithProton(url: string, address: string, count: number): Promise<ProtonMessage[]> {
  const lines = await proton([url, "receive", address, String(count)]);
  return lines.split("\n").flatMap((line) => (line ? [JSON.parse(line) as ProtonMessage] : []));
}

/** Sends messages, each with its body as a data section; resolves when all are accepted. */
export async function sendWithProton(
  url: string,
  address: string,
  messages: readonly { readonly body: string; readonly id?: string; readonly subject?: string }[],
): Promise<void> {
  await proton([url, "send", address], messages.map((message) => JSON.stringify(message)).join("\n"));
}

async function proton(args: readonly string[], input = ""): Promise<string> {
  const script = fileURLToPath(new URL("speak_proton.py", import.meta.url));
  const peer = spawn(python, [script, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    peer.on("error", reject).on("close", resolve);
  });
  peer.stdin.end(input);
  const said = await text(peer.stdout);
  const code = await ended;
  if (code !== 0) throw new Error(`proton ended with ${code}`);
  return said;
}
