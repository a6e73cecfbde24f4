import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../cache.js";
import { type Holder, startHolder } from "../holder.js";
import { withLock } from "../lock.js";
import { addressesIn, type Network, type Seat } from "../network.js";
import { run } from "../run.js";
import { install } from "./packages.js";

// A network namespace for each node, and a hub whose bridge joins them, all named in a mount namespace that only this
// process is in: when it ends, the kernel takes namespaces, links and filter away. 198.18.0.0/15 is for test benches.
const script = `
mount -t tmpfs none /run
ip netns add hub
for subnet in {0..255}; do
  refusal=$(ip link add streamll-$subnet type veth peer name clients netns hub 2>&1) && break
done
[ -z "$refusal" ] || { echo "$refusal" >&2; exit 1; }
ip address add 198.18.$subnet.254/24 dev streamll-$subnet
ip link set streamll-$subnet up
ip -n hub link add bridge type bridge
ip -n hub link set bridge up
ip -n hub link set clients master bridge up
host=0
for node; do
  ip netns add $node
  ip -n $node link add eth0 type veth peer name $node netns hub
  ip -n $node address add 198.18.$subnet.$((++host))/24 dev eth0
  ip -n $node link set lo up
  ip -n $node link set eth0 up
  ip -n hub link set $node master bridge up
done
ip netns exec hub nft -f - <<.
table bridge cluster {
  set apart { type ifname; }
  chain forward {
    type filter hook forward priority 0;
    iifname @apart oifname != "clients" drop
    iifname != "clients" oifname @apart drop
  }
}
.
echo 198.18.$subnet
exec cat >/dev/null`;

export async function createNetwork(
  names: readonly string[],
): Promise<{ network: Network; release(): Promise<void> }> {
  await prepare();
  const { pid, said, release } = await hold(names);
  const addresses = addressesIn(said, names);
  return { network: { id: String(pid), peers: addresses, addresses }, release };
}

const needs = "a cluster needs network namespaces, so CAP_SYS_ADMIN and CAP_NET_ADMIN";

const hold = (names: readonly string[]): Promise<Holder> =>
  startHolder(["unshare", "--mount", "bash", "-e", "-c", script, "bash", ...names]).catch((error) => {
    throw new Error(`${needs}: ${error.message}`, { cause: error });
  });

async function prepare(): Promise<void> {
  if (isReady()) return;
  await withLock(join(cacheFolder(), "lock"), async () => {
    if (!isReady()) await install("iproute2", "nftables");
  });
}

// Where Debian 12 has them; later ones have /sbin as a link to the same folder.
const isReady = () => ["/usr/sbin/ip", "/usr/sbin/nft"].every(existsSync);

export const inNamespace = ({ network, name }: Seat): string[] => [
  "nsenter",
  `--net=/proc/${network.id}/root/run/netns/${name}`,
];

export const isolate = async ({ network, name }: Seat): Promise<void> => {
  await filter(network, `add element bridge cluster apart { ${name} }`);
};

export const rejoin = (network: Network): Promise<void> => filter(network, "flush set bridge cluster apart");

async function filter(network: Network, command: string): Promise<void> {
  await run([...inNamespace({ network, name: "hub" }), "nft", command]);
}

/** For /etc/hosts of each node. */
export const hostsOf = ({ network }: Seat): string =>
  Object.entries(network.peers)
    .map(([name, address]) => `${address} ${name}\n`)
    .join("");
