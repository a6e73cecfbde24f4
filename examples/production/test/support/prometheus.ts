import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { freePort, until } from "@streamll/brokers";

const run = promisify(execFile);
const rules = fileURLToPath(new URL("../../../../integrations/prometheus/alerts.yaml", import.meta.url));

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

export interface Prometheus extends AsyncDisposable {
  /** The answer of an expression at this moment. Throws Prometheus's own message if it is wrong. */
  query(expression: string): Promise<readonly Sample[]>;
  /** The names of the alerts of `integrations/prometheus` that are pending or firing. */
  alerts(): Promise<readonly string[]>;
}

/**
 * A Prometheus that scrapes one port every second: Debian's, unpacked and not installed, as a package of its kind starts a
 * service.
 */
export async function startPrometheus(scraped: number): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), "prometheus-"));
  await run("apt-get", ["download", "prometheus"], { cwd: folder }).catch(async () => {
    await run("apt-get", ["update"]);
    await run("apt-get", ["download", "prometheus"], { cwd: folder });
  });
  await run("sh", ["-c", "dpkg -x prometheus_*.deb ."], { cwd: folder });
  await run(join(folder, "usr/bin/promtool"), ["check", "rules", rules]);

  const config = join(folder, "prometheus.yaml");
  await writeFile(
    config,
    JSON.stringify({
      global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "200ms" },
      rule_files: [rules],
      scrape_configs: [{ job_name: "rag", static_configs: [{ targets: [`127.0.0.1:${scraped}`] }] }],
    }),
  );
  const port = await freePort();
  const child = spawn(
    join(folder, "usr/bin/prometheus"),
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: "ignore" },
  );
  const ask = async (path: string): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
    const { data, error } = (await response.json()) as { readonly data?: unknown; readonly error?: string };
    if (error !== undefined) throw new Error(`${path}: ${error}`);
    return data;
  };
  const isReady = async () =>
    (await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => undefined))?.ok === true;
  await until(isReady, "Prometheus");
  return {
    async query(expression) {
      const answer = (await ask(`query?query=${encodeURIComponent(expression)}`)) as {
        readonly result: Sample[];
      };
      return answer.result;
    },
    async alerts() {
      const { alerts } = (await ask("alerts")) as {
        readonly alerts: { readonly labels: { alertname: string } }[];
      };
      return alerts.map(({ labels }) => labels.alertname);
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
