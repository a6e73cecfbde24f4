import { connect, isIP } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import type { Endpoint, TransportOptions } from "@streamll/core";
import type { Plan } from "@streamll/sink/internal";
import { type Finding, ok } from "./finding.js";

/** Certificates are renewed weeks before their end. */
const SOON_DAYS = 14;
const DAY_MS = 86_400_000;
/** Of the web socket to Service Bus. */
const HTTPS = 443;

/** Dials each address, and says which answer. */
export async function examineNetwork(
  { endpoints, transport }: Plan,
  options: TransportOptions,
  now: number,
  https = HTTPS,
): Promise<{ readonly findings: Finding[]; readonly endpoint: Endpoint | undefined }> {
  if (transport.name === "memory")
    return { findings: [ok("a broker inside the process")], endpoint: endpoints[0] };
  const dialled = await Promise.all(
    endpoints.map(async (endpoint) => ({ endpoint, result: await dial(endpoint, endpoint.port!, options) })),
  );
  const reached = dialled.find(({ result }) => "ms" in result);
  const findings = await Promise.all(
    dialled.map(async ({ endpoint, result }): Promise<Finding> => {
      if ("ms" in result) return certified(endpoint, result, now);
      const detail = `${endpoint.label}: ${result.error}`;
      const isServiceBus = transport.name === "service-bus" && endpoint.port !== https;
      if (isServiceBus && "ms" in (await dial(endpoint, https, options)))
        return { ...unreachable(detail), ...byWebSocket(endpoint) };
      return reached === undefined ? unreachable(detail) : { ...unreachable(detail), status: "warning" };
    }),
  );
  return { findings, endpoint: reached?.endpoint };
}

const unreachable = (detail: string): Finding => ({
  status: "failed",
  code: "TRANSPORT_UNREACHABLE",
  reason: "unreachable",
  detail,
  remedy: {
    text: "Check host and port, that the broker runs there, and that no firewall stands between",
  },
});

export const byWebSocket = ({ port }: Endpoint): Pick<Finding, "reason" | "remedy"> => ({
  reason: "service-bus-port",
  remedy: {
    text: `Port ${port} is closed and ${HTTPS} is open: set webSocket: true (--web-socket), which goes over ${HTTPS}`,
  },
});

interface Dialled {
  readonly ms: number;
  readonly address: string;
  readonly protocol?: string | null;
  readonly until?: Date;
}

/** The certificate is looked at, and not judged: the login does that. Nothing is sent. */
function dial(
  { host, port: own }: Endpoint,
  port: number,
  { tls, connectionTimeoutMs }: TransportOptions,
): Promise<Dialled | { readonly error: string }> {
  const start = performance.now();
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.setTimeout(connectionTimeoutMs, () => end({ error: "no answer in time" }));
    const end = (result: Dialled | { readonly error: string }) => {
      socket.destroy();
      resolve(result);
    };
    socket.on("error", ({ code, message }: NodeJS.ErrnoException) => end({ error: code ?? message }));
    socket.once("connect", () => {
      const dialled = { ms: performance.now() - start, address: socket.remoteAddress ?? host };
      if (tls === undefined || port !== own) return end(dialled);
      const name = isIP(host) > 0 ? {} : { servername: host };
      const secure = connectTls({
        ...name,
        ...(tls as ConnectionOptions),
        socket,
        rejectUnauthorized: false,
      });
      secure.once("error", () => end(dialled));
      // What ends in the handshake is no TLS.
      secure.once("close", () => end(dialled));
      secure.once("secureConnect", () => {
        const { valid_to: until } = secure.getPeerCertificate();
        end({ ...dialled, protocol: secure.getProtocol(), until: new Date(until) });
      });
    });
  });
}

function certified({ label }: Endpoint, { ms, address, protocol, until }: Dialled, now: number): Finding {
  const reached = `${address} in ${Math.round(ms)} ms`;
  if (until === undefined || Number.isNaN(until.getTime())) return ok(reached);
  const days = Math.floor((until.getTime() - now) / DAY_MS);
  const detail = `${reached}; ${protocol}, certificate valid for ${days} days`;
  if (days >= SOON_DAYS) return ok(detail);
  return {
    status: days < 0 ? "failed" : "warning",
    code: "TRANSPORT_TLS",
    reason: "certificate",
    detail: days < 0 ? `${reached}; the certificate of ${label} ended ${-days} days ago` : detail,
    remedy: { text: "Renew the broker's certificate" },
  };
}
