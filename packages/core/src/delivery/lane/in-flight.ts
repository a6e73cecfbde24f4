import type { EventLog } from "../../buffer/event-log.js";
import { Fifo } from "../../buffer/fifo.js";
import { MAYBE_STORED } from "../../buffer/slots.js";

/** Events that were passed to a connection together. */
export interface Flight {
  /** Increases from flight to flight. */
  readonly id: number;
  readonly slots: readonly number[];
  readonly writtenAt: number;
  /** The messages in the log that its events were joined in. */
  messages: readonly number[];
  /** How many slots have no outcome yet. */
  open: number;
  /** Index behind the last one that was answered: those before it without an outcome were passed over. */
  answeredTo: number;
}

/** The events that a connection has and the broker has not answered yet. */
export class InFlight {
  readonly #log: EventLog;
  readonly #flights = new Fifo<Flight>();
  #answeredFlight = 0;
  /** Events without an outcome. */
  count = 0;

  constructor(log: EventLog) {
    this.#log = log;
  }

  depart(slots: readonly number[], now: number): Flight {
    const id = this.#log.nextFlight();
    const flight: Flight = { id, slots, writtenAt: now, messages: [], open: slots.length, answeredTo: 0 };
    for (const slot of slots) this.#log.flight[slot] = id;
    this.#flights.push(flight);
    this.count += this.#log.eventsIn(slots);
    return flight;
  }

  /** The broker answered for the events `from` up to `to`: returns those for which it is the first answer. */
  answered(flight: Flight, from: number, to: number): number[] {
    const slots = this.land(flight, from, to);
    if (slots.length > 0) {
      flight.answeredTo = Math.max(flight.answeredTo, to);
      this.#answeredFlight = Math.max(this.#answeredFlight, flight.id);
    }
    return slots;
  }

  /** Removes events from a flight. A second answer, or one of an abandoned connection, removes none. */
  land(flight: Flight, from: number, to: number): number[] {
    const { flight: flights } = this.#log;
    const slots: number[] = [];
    for (let i = Math.max(0, from); i < Math.min(to, flight.slots.length); i++) {
      const slot = flight.slots[i]!;
      if (flights[slot] !== flight.id) continue;
      flights[slot] = 0;
      slots.push(slot);
    }
    flight.open -= slots.length;
    this.count -= this.#log.eventsIn(slots);
    for (let first = this.#flights.peek(); first?.open === 0; first = this.#flights.peek()) {
      this.#flights.shift();
      this.#log.freeMessages(first.messages);
    }
    return slots;
  }

  /** The connection is gone: removes all events, in the order of writing. */
  rewind(): number[] {
    const slots: number[] = [];
    for (const flight of this.#flights.clear()) {
      for (const slot of flight.slots) {
        if (this.#log.flight[slot] !== flight.id) continue;
        this.#log.flight[slot] = 0;
        this.#log.mark(slot, MAYBE_STORED);
        slots.push(slot);
      }
      this.#log.freeMessages(flight.messages);
    }
    this.count = 0;
    return this.#log.apart(slots);
  }

  /** Removes, flight by flight, the events that were written before `writtenBefore` and passed over by answers. */
  *overdue(writtenBefore: number): Generator<readonly number[]> {
    for (let flight = this.#flights.peek(); flight !== undefined; flight = this.#flights.peek()) {
      if (flight.writtenAt > writtenBefore || flight.id > this.#answeredFlight) return;
      const passed = flight.id < this.#answeredFlight ? flight.slots.length : flight.answeredTo;
      const slots = this.land(flight, 0, passed);
      if (slots.length > 0) yield slots;
      if (slots.length === 0 || flight.open > 0) return;
    }
  }
}
