import type {
  ConfigurationProblem,
  ConfigurationRequest,
  Endpoint,
  TransportConfiguration,
} from "@streamll/core";
import { isRefusal } from "@streamll/core/options";
import { readPassword } from "./auth/key.js";
import { isResourceId, RESOURCE_ID } from "./names.js";
import { type pubsubOptions, readPlace } from "./options.js";

type Request = ConfigurationRequest<typeof pubsubOptions>;

/** The variable by which Google's own clients are led to an emulator. */
const EMULATOR = "PUBSUB_EMULATOR_HOST";

/** Of the addresses that guides to AMQP give; Pub/Sub has no AMQP, and is reached by its own API. */
const ofAmqp = /\.pubsub-amqp\.googleapis\.com\.?$/i;

/** Works out which project and topic events go to, and where the service is: at Google, or an emulator. */
export function configure(request: Request): TransportConfiguration {
  const { shared, endpoints, own } = request;
  const emulator = process.env[EMULATOR] ?? "";
  const { exchange: topic, declareTopology: mode } = shared;
  const problems = [
    ...endpoints.flatMap(addressProblems),
    ...topicProblems(request),
    ...queueProblems(request),
    ...loginProblems(request),
  ];
  if (emulator !== "" && readPlace(emulator) === undefined)
    problems.push({ option: EMULATOR, message: "must be HOST:PORT, such as localhost:8085" });
  if (!shared.durable)
    problems.push({ option: "durable", message: "must not be false: Pub/Sub stores every message" });
  return {
    problems,
    endpoints: endpoints.map((endpoint) => serviceFor(endpoint, own.pubsubEndpoint, emulator)),
    exchange: topic,
    topology: { mode, exchanges: [{ name: topic, type: "topic", arguments: {} }], queues: [], bindings: [] },
  };
}

/** Where the service is, with the project as its path. */
function serviceFor(endpoint: Endpoint, service: string, emulator: string): Endpoint {
  if (endpoint.scheme === "pubsub-emulator") return endpoint;
  const { port: _, ...place } = endpoint;
  const path = projectOf(endpoint);
  const standIn = emulator === "" ? undefined : readPlace(emulator);
  return standIn === undefined
    ? { ...place, path, scheme: "pubsub", ...readPlace(service)! }
    : { ...place, path, scheme: "pubsub-emulator", ...standIn };
}

const projectOf = ({ scheme, host, path }: Endpoint): string =>
  scheme === "pubsub-emulator" ? path : host.replace(ofAmqp, "");

/** As Google gives them: https://cloud.google.com/resource-manager/docs/creating-managing-projects */
const isProject = (text: string): boolean => /^[a-z][a-z0-9-]{4,28}[a-z0-9]$|^\d+$/.test(text);

function addressProblems(endpoint: Endpoint): ConfigurationProblem[] {
  const { scheme, host, path, label } = endpoint;
  const problem = (message: string) => [{ option: "amqpUrl", message }];
  const isAmqp = scheme === "amqp" || scheme === "amqps";
  if (isAmqp && !ofAmqp.test(host))
    return problem(`${label} names no project of Google Cloud: write pubsub://PROJECT`);
  if (scheme === "pubsub" && path !== "")
    return problem("ends with the project: write the topic as exchange");
  if (isProject(projectOf(endpoint))) return [];
  const example =
    scheme === "pubsub-emulator" ? "pubsub-emulator://localhost:8085/PROJECT" : "pubsub://PROJECT";
  return problem(
    `no project can have this id: write ${example}, its id in lower case with 6 to 30 characters`,
  );
}

function topicProblems({ shared: { exchange, source } }: Request): ConfigurationProblem[] {
  // A consumer of a subscription that is there names no topic.
  if (isResourceId(exchange) || (exchange === "" && source !== undefined)) return [];
  const message = `names the topic, without its project: ${RESOURCE_ID}`;
  return [{ option: "exchange", message }];
}

function queueProblems({ shared: { source }, isSet }: Request): ConfigurationProblem[] {
  if (!isSet("queue") || (source !== undefined && isResourceId(source))) return [];
  const message =
    source === undefined
      ? "a sink makes no subscription: create one, or let an EventConsumer with exchange do it"
      : `names the subscription, without its project: ${RESOURCE_ID}`;
  return [{ option: "queue", message }];
}

/** A wrong key is found here, and not when the first event is to be sent. */
function loginProblems({ own, isSet, endpoints }: Request): ConfigurationProblem[] {
  const [{ username, password } = { username: undefined, password: undefined }] = endpoints;
  const hasKey = password !== undefined;
  if (own.serviceAccountKey !== undefined && (hasKey || isSet("credentials"))) {
    const message = `gives account and key: leave out ${hasKey ? "username and password" : "credentials"}`;
    return [{ option: "serviceAccountKey", message }];
  }
  if (isSet("credentials")) return [];
  if (!hasKey) {
    const message = "needs password, the account's private key: or give serviceAccountKey";
    return username === undefined ? [] : [{ option: "username", message }];
  }
  const read = readPassword(password, username);
  return isRefusal(read) ? [{ option: "password", message: read.message }] : [];
}
