import { interrupted } from "./interrupted.js";
import { startCluster } from "./start-cluster.js";

try {
  const { nodes, close } = await startCluster();
  for (const { name, version, url, tlsUrl, managementUrl } of nodes)
    console.log(`RabbitMQ ${version}  ${name}  ${url}  ${tlsUrl}  ${managementUrl}`);
  console.log("Ctrl-C stops them");
  await interrupted();
  await close();
} catch (error) {
  console.error(`cluster: ${(error as Error).message}`);
  process.exitCode = 1;
}
