import { createEntity, type Entity, type EntityOptions } from "./entity.js";
import { createSessions, type Sessions } from "./sessions.js";
import { createStore, type Store } from "./store.js";

/** What an address names: something to send to, to receive from, or both. */
export interface Node {
  /** The queue or topic that it belongs to. */
  readonly options: EntityOptions;
  readonly entity?: Entity;
  readonly outlet?: Outlet;
}

export interface Outlet {
  readonly from: Store | Sessions;
}

/** The entities of the bus, by address; names are compared without case, as the service does. */
export interface Namespace {
  add(entity: string | EntityOptions): void;
  remove(name: string): void;
  find(address: string): Node | undefined;
  /** The sessions of all entities that have them. */
  sessions(): readonly Sessions[];
  /** @throws RangeError where there is no such queue or topic. */
  entity(name: string): Entity;
}

export function createNamespace(): Namespace {
  const nodes = new Map<string, Node>();
  const place = (address: string, node: Node) => nodes.set(address.toLowerCase(), node);

  /** The outlet at an address, and beside it its dead letters. */
  const outletAt = (address: string, options: EntityOptions) => {
    const deadLetters = createStore();
    const { maxDeliveryCount = 10, sessions } = options;
    const limits = { deadLetters, maxDeliveryCount };
    const outlet = { from: sessions ? createSessions(limits) : createStore(limits) };
    place(address, { options, outlet });
    place(`${address}/$DeadLetterQueue`, { options, outlet: { from: deadLetters } });
    return outlet;
  };
  return {
    add(given) {
      const options = typeof given === "string" ? { name: given } : given;
      const { name, subscriptions } = options;
      if (subscriptions) {
        const stores = subscriptions.map((each) => outletAt(`${name}/Subscriptions/${each}`, options).from);
        place(name, { options, entity: createEntity(options, stores) });
      } else {
        const outlet = outletAt(name, options);
        place(name, { options, outlet, entity: createEntity(options, [outlet.from]) });
      }
    },
    remove(name) {
      for (const [address, { options }] of nodes) if (options.name === name) nodes.delete(address);
    },
    sessions: () =>
      [...nodes.values()].flatMap(({ outlet }) =>
        outlet !== undefined && "accept" in outlet.from ? [outlet.from] : [],
      ),
    find: (address) => nodes.get(address.toLowerCase()),
    entity(name) {
      const entity = nodes.get(name.toLowerCase())?.entity;
      if (entity === undefined) throw new RangeError(`there is no queue or topic ${name}`);
      return entity;
    },
  };
}
