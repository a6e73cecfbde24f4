const FIRST_PLACES = 8;
/** A queue with up to so many places keeps them when it empties. */
const KEPT_PLACES = 1024;

/**
 * A queue that can also put items back at its head. Both ends take constant time, and memory is freed as it empties.
 * It is a ring, so that a queue which fills and empties in turns leaves no arrays behind: V8 frees one that has grown
 * old only when it collects its whole heap, which a large buffer makes it put off.
 */
export class Fifo<T> {
  /** Its length is a power of two, or 0. */
  #ring: (T | undefined)[] = [];
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    if (this.#length === this.#ring.length) this.#resize(2 * this.#length);
    this.#ring[this.#place(this.#length++)] = item;
  }

  peek(): T | undefined {
    return this.#ring[this.#head];
  }

  /** The items at the head, as far as all of them match. */
  headOf(matches: (item: T) => boolean): T[] {
    const items: T[] = [];
    for (let at = 0; at < this.#length && matches(this.#at(at)); at++) items.push(this.#at(at));
    return items;
  }

  /** Removes and returns the first item that matches, at any position. */
  take(matches: (item: T) => boolean): T | undefined {
    for (let at = 0; at < this.#length; at++) {
      const item = this.#at(at);
      if (!matches(item)) continue;
      for (let to = at; to > 0; to--) this.#ring[this.#place(to)] = this.#at(to - 1);
      this.shift();
      return item;
    }
    return undefined;
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#at(0);
    this.#ring[this.#head] = undefined;
    this.#head = this.#place(1);
    this.#length--;
    const places = this.#ring.length;
    if (places > KEPT_PLACES && this.#length < places / 8) this.#resize(places / 4);
    return item;
  }

  /** Puts `items` before everything else, in their order. */
  unshift(items: readonly T[]): void {
    const length = this.#length + items.length;
    if (length > this.#ring.length) this.#resize(length);
    this.#head = this.#place(-items.length);
    this.#length = length;
    for (const [at, item] of items.entries()) this.#ring[this.#place(at)] = item;
  }

  /** Removes and returns all items. */
  clear(): T[] {
    const items = Array.from({ length: this.#length }, (_, at) => this.#at(at));
    this.#ring = [];
    this.#head = 0;
    this.#length = 0;
    return items;
  }

  #at(index: number): T {
    return this.#ring[this.#place(index)] as T;
  }

  #place(index: number): number {
    return (this.#head + index) & (this.#ring.length - 1);
  }

  #resize(least: number): void {
    let places = FIRST_PLACES;
    while (places < least) places *= 2;
    const ring = new Array<T | undefined>(places);
    for (let at = 0; at < this.#length; at++) ring[at] = this.#at(at);
    this.#ring = ring;
    this.#head = 0;
  }
}
