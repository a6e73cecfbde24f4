import { hostOf, type Node } from "./node-data.js";

/** What one broker has beyond those that are shared. */
export interface Extras {
  /** For rabbitmq.conf, over the settings that every broker has. */
  readonly config?: Readonly<Record<string, string | number | boolean>>;
  /** Plugins to enable beside management, stream and the EXTERNAL mechanism; the image has to bring them. */
  readonly plugins?: readonly string[];
  /** Text by file name, in the folder that is `/mnt` to the broker; also instead of its `cert.pem` and `key.pem`. */
  readonly files?: Readonly<Record<string, string>>;
}

const plugins = ["rabbitmq_management", "rabbitmq_stream", "rabbitmq_auth_mechanism_ssl"];

/** The files that the broker reads at its start. Paths are as the broker sees them. */
export function configuration(node: Node, listen: string, extras: Extras): Record<string, string> {
  const { ports } = node;
  const settings = {
    "listeners.tcp.1": `${listen}:${ports.amqp}`,
    "listeners.ssl.1": `${listen}:${ports.amqps}`,
    "ssl_options.cacertfile": "/mnt/ca.pem",
    "ssl_options.certfile": "/mnt/cert.pem",
    "ssl_options.keyfile": "/mnt/key.pem",
    "ssl_options.verify": "verify_peer",
    "ssl_options.fail_if_no_peer_cert": "false",
    "auth_mechanisms.1": "PLAIN",
    "auth_mechanisms.2": "AMQPLAIN",
    "auth_mechanisms.3": "EXTERNAL",
    "management.tcp.ip": listen,
    "management.tcp.port": ports.management,
    "stream.listeners.tcp.1": `${listen}:${ports.stream}`,
    "stream.advertised_host": hostOf(node),
    "stream.advertised_port": ports.stream,
    "loopback_users.guest": "false",
    "log.console": "true",
    "log.console.level": "warning",
    "log.file": "false",
    ...extras.config,
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}\n`);
  return {
    "rabbitmq.conf": lines.join(""),
    enabled_plugins: `[${[...plugins, ...(extras.plugins ?? [])].join(",")}].\n`,
  };
}

/** For the broker and for what runs beside it, as NAME=VALUE. An epmd of its own lets every node have the same name. */
export function environmentOf({ ports, seat }: Node): string[] {
  const settings = {
    HOME: "/mnt",
    LANG: "C.UTF-8",
    RABBITMQ_NODENAME: `rabbit@${seat?.name ?? "localhost"}`,
    RABBITMQ_CONFIG_FILE: "/mnt/rabbitmq.conf",
    RABBITMQ_ENABLED_PLUGINS_FILE: "/mnt/enabled_plugins",
    RABBITMQ_MNESIA_BASE: "/mnt/data",
    RABBITMQ_LOG_BASE: "/mnt/data",
    RABBITMQ_PID_FILE: "/mnt/pid",
    RABBITMQ_DIST_PORT: ports.distribution,
    ERL_EPMD_PORT: ports.epmd,
    ...(seat ? inCluster : alone),
  };
  return Object.entries(settings).map(([name, value]) => `${name}=${value}`);
}

// Seconds that an attempt to reach a lost node may take. A node that is cut off waits for one such attempt to each of
// the others before it pauses; and where they come back meanwhile, it does not pause and the cluster stays split.
const inCluster = { RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel net_setuptime 2" };

const loopback = "-kernel inet_dist_use_interface {127,0,0,1}";
const alone = {
  RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: loopback,
  RABBITMQ_CTL_ERL_ARGS: loopback,
  ERL_EPMD_ADDRESS: "127.0.0.1",
};
