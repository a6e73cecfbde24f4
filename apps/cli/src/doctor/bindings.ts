import { createEvent } from "@streamll/core";
import { compileTemplate, isPlainObject, topicMatches, wordsOf } from "@streamll/core/internal";
import { exchangeTypeOf } from "@streamll/sink/internal";
import { type Binding, bindingsFrom } from "../broker/bindings.js";
import { path } from "../broker/management.js";
import { type Finding, ok, unknown } from "./finding.js";
import type { Scene } from "./scene.js";
import { count, inShell } from "./words.js";

const eventTypes = ["start", "end", "error", "token", "llm_start", "llm_end"];

/** Whether each kind of event finds a queue, by the keys that the template gives them. */
export async function examineBindings(scene: Scene): Promise<Finding[]> {
  const { plan, endpoint } = scene;
  const { exchange, routingKey } = plan.values;
  if (exchange === "") return [ok("the default exchange leads to the queue that the key names")];
  const vhost = endpoint.path || "/";
  const { all, hidden } = await bindingsFrom(scene.ask, vhost, exchange);
  if (hidden !== undefined)
    return [unknown(`which keys find a queue: ${hidden}`, "--probe tries it with one marked event")];
  const type = await typeOf(scene);
  const template = compileTemplate(routingKey);
  const keys = new Set(
    eventTypes.map((eventType) =>
      template.render(createEvent({ eventType, operation: "answer", moduleName: "RAG" })),
    ),
  );
  const lost = [...keys].filter((key) => !all.some((binding) => takes(binding, key, type)));
  if (lost.length === 0) {
    const bound = count(all.length, "binding");
    return [ok(`exchange ${exchange}, key ${routingKey}: ${bound}, none of the sample keys is lost`)];
  }
  const binds = plan.topology.mode === "declare" && plan.topology.bindings.length > 0;
  return [
    {
      status: binds ? "warning" : "failed",
      code: "UNROUTABLE",
      reason: "no-binding",
      detail: `no binding of ${exchange} matches ${lost.join(", ")}`,
      remedy: {
        text: binds ? "The sink binds its own queue when it starts; else bind one" : "Bind a queue",
        commands: [
          `rabbitmqadmin --vhost ${inShell(vhost)} declare binding source=${inShell(exchange)} destination=QUEUE routing_key=${inShell(template.binding)}`,
        ],
      },
    },
  ];
}

async function typeOf({ ask, plan, endpoint }: Scene): Promise<string> {
  const { exchange, exchangeType } = plan.values;
  const found = await ask(`exchanges/${path(endpoint.path || "/", exchange)}`);
  const type = found.kind === "answered" && isPlainObject(found.value) ? found.value.type : undefined;
  return String(type ?? exchangeType);
}

function takes({ routing_key: pattern }: Binding, key: string, type: string): boolean {
  const compares = exchangeTypeOf(type)?.compares ?? "nothing";
  if (compares === "patterns") return topicMatches(wordsOf(pattern), wordsOf(key));
  return compares === "nothing" || pattern === key;
}
