// Microsoft's client takes authorities from NODE_EXTRA_CA_CERTS alone, which Node reads as it starts.
import { ServiceBusClient } from "@azure/service-bus";

const client = new ServiceBusClient(process.argv[2], { retryOptions: { maxRetries: 0 } });
try {
  await client.createSender("events").sendMessages({ body: "one" });
  process.stdout.write("sent");
} catch (error) {
  process.stdout.write(String(error));
}
await client.close();
