import type { Endpoint, TransportError } from "@streamll/core";
import { hasFigures } from "../broker/figures.js";
import { nothing } from "../broker/plan.js";
import { isLoopback } from "../loopback.js";
import { type Finding, ok, type Remedy } from "./finding.js";
import { byWebSocket } from "./network.js";
import type { Reason } from "./reasons.js";
import { attempt, isAmqp, leastTopology, type Scene } from "./scene.js";
import { inShell } from "./words.js";

/**
 * Connects as the sink does. A queue that is not there is told by {@link examineRouting}: the protocols of streams and
 * of Service Bus have no connection without one.
 */
export async function examineLogin(scene: Scene): Promise<Finding[]> {
  const error = await attempt(scene, leastTopology(scene));
  if (error === undefined || isOfQueue(error, scene)) return [ok(loggedIn(scene))];
  return [await explained(error, scene)];
}

/** What a connection without a topology can not meet. */
export const isOfQueue = ({ kind, message }: TransportError, scene: Scene): boolean =>
  !isAmqp(scene) &&
  (kind === "blocked" ||
    kind === "topology-conflict" ||
    (kind === "not-found" && !/virtual host/.test(message)));

function loggedIn({ plan, endpoint, options: { credentials, heartbeatMs } }: Scene): string {
  const isRabbitMQ = hasFigures(plan);
  const byDefault = isRabbitMQ ? "guest" : "connected";
  const { username = credentials === undefined ? byDefault : "the user of --credentials", path } = endpoint;
  const place = isRabbitMQ ? `, virtual host "${path === "" ? "/" : path}"` : "";
  return `${username}${place}; heartbeat ${heartbeatMs / 1000} s`;
}

/** What a failed connection means, in the transport's own words, and what to do. */
export async function explained(error: TransportError, scene: Scene): Promise<Finding> {
  const { endpoint } = scene;
  const of = (reason: Reason, remedy?: Remedy): Finding => ({
    status: "failed",
    code: error.code,
    reason,
    detail: error.message,
    ...(remedy === undefined ? {} : { remedy }),
  });
  switch (error.kind) {
    case "auth":
      return isGuestElsewhere(scene)
        ? of("guest-elsewhere", guestRemedy(endpoint))
        : of("login", { text: "Check user and password; the broker answers the same to an unknown user" });
    case "permission":
      return of("permission", permissionRemedy(endpoint));
    case "not-found":
      return of("virtual-host", await virtualHostRemedy(scene));
    case "throttled":
      return /channel/.test(error.message)
        ? of("channel-limit", limitRemedy("max-channels", endpoint))
        : of("connection-limit", limitRemedy("max-connections", endpoint));
    case "tls":
      return /port|speaks? TLS/.test(error.message)
        ? of("tls-port", { text: "Use the scheme of the port: amqp:// with 5672, amqps:// with 5671" })
        : of("certificate", {
            text: "Name the authority with --tls-ca, and use the host name that the certificate is for",
          });
    case "blocked":
      return of("alarm");
    default:
      break;
  }
  if (/advertised_host/.test(error.message))
    return of("advertised-host", {
      text: "Set stream.advertised_host on the broker to a name that programs reach, or streamAddressResolver in the sink",
    });
  if (/speaks TLS|TLS \(amqps/.test(error.message)) return of("tls-port");
  if (scene.plan.transport.name === "service-bus" && endpoint.port !== 443)
    return { ...of("service-bus-port"), ...byWebSocket(endpoint) };
  return of("unreachable");
}

/** The broker's text is that of a wrong password. */
const isGuestElsewhere = ({ endpoint, plan, options }: Scene): boolean =>
  options.credentials === undefined &&
  (endpoint.username ?? "guest") === "guest" &&
  plan.transport.name !== "service-bus" &&
  !isLoopback(endpoint.host);

const guestRemedy = (endpoint: Endpoint): Remedy => ({
  text: "RabbitMQ lets guest in from its own machine alone: make a user, and write it into the URL",
  commands: [
    "rabbitmqctl add_user streamll",
    `rabbitmqctl set_permissions --vhost ${inShell(vhostOf(endpoint))} streamll '.*' '.*' '.*'`,
  ],
});

const permissionRemedy = (endpoint: Endpoint): Remedy => ({
  text: "Grant the right that is named; the three patterns are for configure, write and read",
  commands: [
    `rabbitmqctl set_permissions --vhost ${inShell(vhostOf(endpoint))} ${inShell(endpoint.username ?? "guest")} '.*' '.*' '.*'`,
  ],
});

const limitRemedy = (name: string, { path, username = "guest" }: Endpoint): Remedy => ({
  text: `Raise the limit of the virtual host or of the user, or let other programs go`,
  commands: [
    `rabbitmqctl set_vhost_limits --vhost ${inShell(path || "/")} '{"${name}": -1}'`,
    `rabbitmqctl set_user_limits ${inShell(username)} '{"${name}": -1}'`,
  ],
});

const vhostOf = ({ path }: Endpoint): string => path || "/";

/** The path `//x` names "/x", and `/` names "" to some programs: those that a reader may have meant are tried. */
async function virtualHostRemedy(scene: Scene): Promise<Remedy> {
  const { endpoint } = scene;
  const given = vhostOf(endpoint);
  const bare = given.replace(/^\/+/, "");
  const candidates = [...new Set([bare, `/${bare}`, bare.toLowerCase(), "/"])];
  for (const path of candidates.filter((name) => name !== given && name !== "")) {
    if ((await attempt(scene, nothing, { ...endpoint, path })) !== undefined) continue;
    const written = path === "/" ? "no path, or /%2F" : `the path /${encodeURIComponent(path)}`;
    return { text: `There is ${JSON.stringify(path)}: write it as ${written}` };
  }
  return {
    text: "The path of the URL is the virtual host, percent-encoded: name one that exists, or make this one",
    commands: [`rabbitmqctl add_vhost ${inShell(given)}`],
  };
}
