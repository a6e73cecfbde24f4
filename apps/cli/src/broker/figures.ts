import type { Endpoint, TransportOptions } from "@streamll/core";
import { isPlainObject, printable } from "@streamll/core/internal";
import type { Plan } from "@streamll/sink/internal";
import type { ChannelModel } from "amqplib";
import { closeOrDestroy, openAmqp } from "./amqp.js";
import { queuesBoundTo } from "./bindings.js";
import type { Ask } from "./management.js";
import { askForQueues, countOverAmqp, type Queue } from "./queues.js";

/** Absent: not known. Rates are events a second. */
export interface QueueFigures {
  readonly name: string;
  readonly ready?: number | undefined;
  readonly unacked?: number | undefined;
  readonly readers?: number | undefined;
  readonly in?: number | undefined;
  readonly out?: number | undefined;
  readonly acked?: number | undefined;
  /** It is for dead letters. */
  readonly dead: boolean;
}

/** A connection that a sink named. */
export interface SinkFigures {
  readonly name: string;
  readonly state: string;
  /** Bytes a second that the broker reads from it. */
  readonly rate: number;
}

export interface Figures {
  readonly queues: readonly QueueFigures[];
  readonly sinks: readonly SinkFigures[];
  /** Why rates and sinks are not known. */
  readonly hidden?: string;
  /** Why nothing is known. */
  readonly error?: Error;
}

export interface Gauge {
  /** Never rejects. */
  read(): Promise<Figures>;
  close(): Promise<void>;
}

/** Whether there are any: of RabbitMQ alone. */
export const hasFigures = ({ transport: { name } }: Plan): boolean => /^amqp|^streams$/.test(name);

const MOST_QUEUES = 20;
const MOST_SINKS = 200;

/** Reads depth and readers over AMQP 0-9-1, and what the management API adds. */
export function gaugeOf(plan: Plan, endpoint: Endpoint, options: TransportOptions, ask: Ask): Gauge {
  const vhost = endpoint.path || "/";
  const dead = plan.topology.exchanges
    .map(({ name }) => name)
    .filter((name) => name !== plan.values.exchange);
  let model: ChannelModel | undefined;
  let isClosed = false;
  let refused: Error | undefined;
  const counted = async (names: readonly string[]): Promise<readonly Queue[]> => {
    refused = undefined;
    if (!/^amqp/.test(plan.transport.name)) return [];
    try {
      model ??= (await openAmqp({ endpoint, options })).on("close", () => {
        model = undefined;
      });
      if (isClosed) await closeOrDestroy(model);
      return await countOverAmqp(model, names);
    } catch (error) {
      refused = error as Error;
      return [];
    }
  };
  return {
    async read() {
      const own = plan.topology.queues.map(({ name }) => name);
      const bound = await queuesBoundTo(ask, vhost, [plan.values.exchange, ...dead]);
      const names = [...new Set([...own, ...bound])].slice(0, MOST_QUEUES);
      const [now, { all, hidden }, sinks] = await Promise.all([
        counted(names),
        askForQueues(ask, vhost, names),
        sinksOf(ask),
      ]);
      const isDead = deadOf(plan);
      const queues = names.flatMap((name) => {
        const found = all.find((queue) => queue.name === name);
        const count = now.find((queue) => queue.name === name);
        return found === undefined && count === undefined
          ? []
          : [figuresOf(name, found, count, isDead(name))];
      });
      const error = hidden === undefined ? undefined : refused;
      return {
        queues,
        sinks,
        ...(hidden === undefined ? {} : { hidden }),
        ...(error === undefined ? {} : { error }),
      };
    },
    async close() {
      isClosed = true;
      if (model !== undefined) await closeOrDestroy(model);
    },
  };
}

const deadOf =
  ({ topology, values }: Plan) =>
  (queue: string): boolean =>
    topology.bindings.some((binding) => binding.queue === queue && binding.exchange !== values.exchange);

function figuresOf(
  name: string,
  found: Queue | undefined,
  now: Queue | undefined,
  dead: boolean,
): QueueFigures {
  const { publish_details, deliver_get_details, ack_details } = found?.message_stats ?? {};
  const rate = (details: { readonly rate?: number } | undefined) =>
    found === undefined ? undefined : (details?.rate ?? 0);
  return {
    name,
    ready: now?.messages_ready ?? found?.messages_ready,
    unacked: found?.messages_unacknowledged,
    readers: now?.consumers ?? found?.consumers,
    in: rate(publish_details),
    out: rate(deliver_get_details),
    acked: rate(ack_details),
    dead,
  };
}

/** A connection of ours is named `streamll@HOST:PID`, and its lane behind a `#`. */
async function sinksOf(ask: Ask): Promise<SinkFigures[]> {
  const columns = "client_properties,state,recv_oct_details";
  const answer = await ask(`connections?columns=${columns}`);
  if (answer.kind === "unknown" || !Array.isArray(answer.value)) return [];
  return answer.value
    .flatMap(({ client_properties: properties, state, recv_oct_details: received }) => {
      const name: unknown = isPlainObject(properties) ? properties.connection_name : undefined;
      if (typeof name !== "string" || !name.startsWith("streamll@")) return [];
      const rate = isPlainObject(received) ? Number(received.rate) : 0;
      return [
        { name: printable(name), state: printable(String(state)), rate: Number.isFinite(rate) ? rate : 0 },
      ];
    })
    .slice(0, MOST_SINKS);
}
