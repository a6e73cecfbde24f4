import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { certificates, freePort, needProgram, until } from "@streamll/brokers";

/** A Redis of the test's own, on loopback: it keeps each command on disk before it answers. */
export interface RedisServer {
  readonly port: number;
  readonly tlsPort: number;
  readonly password: string;
  /** PEM of the authority behind its certificate, which is for localhost and 127.0.0.1. */
  readonly ca: string;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again, on the same ports and with the same data. */
  start(): Promise<void>;
  /** Ends it, and removes all that it left. */
  close(): Promise<void>;
}

// However the tests end, the system closes the pipe of descriptor 3, and the server goes with its folder.
const script = `
exec 3<&0 </dev/null
redis-server "$0/redis.conf" 3<&- &
server=$!
{ read -r line <&3; kill -STOP $server; rm -rf "$0"; kill -KILL $server; } 2>/dev/null &
wait $server
kill -KILL $!`;

export async function startRedis(): Promise<RedisServer> {
  await needProgram("redis-server");
  const folder = await mkdtemp(join(tmpdir(), "redis-transport-"));
  const [port, tlsPort, password] = [await freePort(), await freePort(), "s3cret of tests"];
  const files = await certificates();
  const conf = [
    "bind 127.0.0.1",
    `port ${port}`,
    `tls-port ${tlsPort}`,
    `tls-cert-file ${folder}/cert.pem`,
    `tls-key-file ${folder}/key.pem`,
    `tls-ca-cert-file ${folder}/ca.pem`,
    "tls-auth-clients no",
    `requirepass "${password}"`,
    `dir ${folder}`,
    `pidfile ${folder}/pid`,
    `logfile ${folder}/log`,
    "appendonly yes",
    "appendfsync always",
    'save ""',
  ].join("\n");
  for (const [name, text] of Object.entries({ ...files, "redis.conf": conf }))
    await writeFile(join(folder, name), text, { mode: 0o600 });

  let shell: ChildProcess | undefined;
  const isRunning = () => shell !== undefined && shell.exitCode === null && shell.signalCode === null;

  async function start(): Promise<void> {
    shell = spawn("sh", ["-c", script, folder], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
    const answers = async () => {
      if (!isRunning())
        throw new Error(`redis-server did not start:\n${await readFile(`${folder}/log`, "utf8")}`);
      // Until its file is read, it answers -LOADING.
      return /^[-+](PONG|NOAUTH)/.test(await answerTo("PING\r\n", port));
    };
    await until(answers, "redis-server to start");
  }

  async function kill(): Promise<void> {
    const ended = once(shell!, "exit");
    process.kill(Number(await readFile(join(folder, "pid"), "utf8")), "SIGKILL");
    await ended;
  }

  await start();
  return {
    port,
    tlsPort,
    password,
    ca: files["ca.pem"],
    start,
    kill,
    async close() {
      if (isRunning()) await kill();
      await rm(folder, { recursive: true });
    },
  };
}

async function answerTo(command: string, port: number): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    socket.write(command);
    const [answer] = (await once(socket, "data")) as [Buffer];
    return answer.toString();
  } catch {
    return "";
  } finally {
    socket.destroy();
  }
}
