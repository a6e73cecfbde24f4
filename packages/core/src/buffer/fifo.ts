/** A queue that can also put items back at its head. Both ends take constant time, and memory is freed as it empties. */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  peek(): T | undefined {
    return this.#items[this.#head];
  }

  /** The items at the head, as far as all of them match. */
  headOf(matches: (item: T) => boolean): T[] {
    const items: T[] = [];
    for (let at = this.#head; at < this.#items.length && matches(this.#items[at] as T); at++)
      items.push(this.#items[at] as T);
    return items;
  }

  /** Removes and returns the first item that matches, at any position. */
  take(matches: (item: T) => boolean): T | undefined {
    const at = this.#items.findIndex((item, index) => index >= this.#head && matches(item as T));
    return at < 0 ? undefined : this.#items.splice(at, 1)[0];
  }

  shift(): T | undefined {
    if (this.#head === this.#items.length) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    // Compacting when half is empty keeps the cost per item constant.
    if (this.#head >= 1024 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Puts `items` before everything else, in their order. */
  unshift(items: readonly T[]): void {
    if (items.length > this.#head) {
      // Room to spare, so that giving back one by one stays cheap; less than would make the next shift compact it.
      const room = items.length + (this.length >> 1);
      this.#items = [...new Array<undefined>(room), ...this.#items.slice(this.#head)];
      this.#head = room;
    }
    this.#head -= items.length;
    for (const [i, item] of items.entries()) this.#items[this.#head + i] = item;
  }

  /** Removes and returns all items. */
  clear(): T[] {
    const items = this.#items.slice(this.#head) as T[];
    this.#items = [];
    this.#head = 0;
    return items;
  }
}
