import { EventEmitter } from "node:events";
import stream from "node:stream";

/** Methods that the language or Node calls by itself, or that say nothing about the program. */
const left = new Set(["constructor", "then", "toJSON", "toString", "toLocaleString", "valueOf"]);

const nodeClasses: ReadonlySet<unknown> = new Set([EventEmitter, ...Object.values(stream)]);

/** A method with its property descriptor. */
interface Method {
  readonly name: string;
  readonly descriptor: PropertyDescriptor & { value: (...args: unknown[]) => unknown };
}

/**
 * The methods of an object and of its classes, up to a built-in class of the language or of Node: `on` and `emit` of an
 * emitter are not the program's own.
 */
export function methodsOf(object: object): Method[] {
  const methods = new Map<string, Method>();
  for (let at = object; isOwn(at); at = Object.getPrototypeOf(at)) {
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (typeof descriptor.value !== "function" || left.has(name) || methods.has(name)) continue;
      if (isClass(descriptor.value)) continue;
      methods.set(name, { name, descriptor: descriptor as Method["descriptor"] });
    }
  }
  return [...methods.values()];
}

/** Whether it is a class, or a function with methods on its prototype, which is how older targets compile one. */
export function isClass(value: unknown): boolean {
  if (typeof value !== "function") return false;
  if (/^class\b/.test(Function.prototype.toString.call(value))) return true;
  const { prototype } = value;
  // The prototype of a generator function has no constructor.
  return prototype?.constructor === value && methodsOf(prototype).length > 0;
}

function isOwn(prototype: object | null): prototype is object {
  if (prototype === null || prototype === Object.prototype) return false;
  const maker: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  if (typeof maker !== "function") return true;
  return (
    !nodeClasses.has(maker) && !/\{\s*\[native code\]\s*\}\s*$/.test(Function.prototype.toString.call(maker))
  );
}
