import { createEntity, createStore, type Entity, type EntityOptions, type Store } from "./entity.js";

/** What an address names: something to send to, to receive from, or both. */
export interface Node {
  /** Of the queue or topic that it belongs to. */
  readonly owner: string;
  readonly entity?: Entity;
  readonly store?: Store;
  readonly deadLetters?: Store;
}

/** The entities of the bus, by address; names are compared without case, as the service does. */
export interface Namespace {
  add(entity: string | EntityOptions): void;
  remove(name: string): void;
  find(address: string): Node | undefined;
  /** @throws RangeError where there is no such queue or topic. */
  entity(name: string): Entity;
}

export function createNamespace(): Namespace {
  const nodes = new Map<string, Node>();
  const place = (address: string, node: Node) => nodes.set(address.toLowerCase(), node);

  /** A store with its dead letters. */
  const placeStore = (
    owner: string,
    address: string,
    lockMs: number,
    entity?: Entity,
    store = createStore(lockMs),
  ) => {
    const deadLetters = createStore(lockMs);
    place(address, { owner, store, deadLetters, ...(entity && { entity }) });
    place(`${address}/$DeadLetterQueue`, { owner, store: deadLetters });
    return store;
  };
  return {
    add(given) {
      const options = typeof given === "string" ? { name: given } : given;
      const { name, subscriptions, lockMs = 60_000 } = options;
      if (subscriptions === undefined) {
        const store = createStore(lockMs);
        placeStore(name, name, lockMs, createEntity(options, [store]), store);
        return;
      }
      const stores = subscriptions.map((each) => placeStore(name, `${name}/Subscriptions/${each}`, lockMs));
      place(name, { owner: name, entity: createEntity(options, stores) });
    },
    remove(name) {
      for (const [address, { owner }] of nodes) if (owner === name) nodes.delete(address);
    },
    find: (address) => nodes.get(address.toLowerCase()),
    entity(name) {
      const entity = nodes.get(name.toLowerCase())?.entity;
      if (entity === undefined) throw new RangeError(`there is no queue or topic ${name}`);
      return entity;
    },
  };
}
