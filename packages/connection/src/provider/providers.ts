import { amazonMq } from "./amazon-mq.js";
import { azureServiceBus } from "./azure-service-bus.js";
import { cloudAmqp } from "./cloudamqp.js";
import type { Provider } from "./provider.js";

const providers: readonly Provider[] = [amazonMq, cloudAmqp, azureServiceBus];

export const providerOf = (host: string): Provider | undefined =>
  providers.find(({ hosts }) => hosts.test(host));
