import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Node } from "./node.js";

const plugins = ["rabbitmq_management", "rabbitmq_stream", "rabbitmq_auth_mechanism_ssl"];

/** Writes what the broker reads at its start. Paths are as the broker sees them. */
export async function writeConfiguration({ folder, ports }: Node, listen: string): Promise<void> {
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
    "stream.advertised_host": "127.0.0.1",
    "stream.advertised_port": ports.stream,
    "loopback_users.guest": "false",
    "log.console": "true",
    "log.console.level": "warning",
    "log.file": "false",
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}\n`);
  await writeFile(join(folder, "rabbitmq.conf"), lines.join(""));
  await writeFile(join(folder, "enabled_plugins"), `[${plugins.join(",")}].\n`);
}

/** For the broker and for what runs beside it, as NAME=VALUE. An epmd of its own lets every node have the same name. */
export function environmentOf({ ports }: Node): string[] {
  const loopback = "-kernel inet_dist_use_interface {127,0,0,1}";
  const settings = {
    HOME: "/mnt",
    LANG: "C.UTF-8",
    RABBITMQ_NODENAME: "rabbit@localhost",
    RABBITMQ_CONFIG_FILE: "/mnt/rabbitmq.conf",
    RABBITMQ_ENABLED_PLUGINS_FILE: "/mnt/enabled_plugins",
    RABBITMQ_MNESIA_BASE: "/mnt/data",
    RABBITMQ_LOG_BASE: "/mnt/data",
    RABBITMQ_PID_FILE: "/mnt/pid",
    RABBITMQ_DIST_PORT: ports.distribution,
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: loopback,
    RABBITMQ_CTL_ERL_ARGS: loopback,
    ERL_EPMD_PORT: ports.epmd,
    ERL_EPMD_ADDRESS: "127.0.0.1",
  };
  return Object.entries(settings).map(([name, value]) => `${name}=${value}`);
}
