import { EventEmitter } from "node:events";
import stream from "node:stream";

/** What the language or Node calls by itself, or what says nothing of the program. */
const left = new Set(["constructor", "then", "toJSON", "toString", "toLocaleString", "valueOf"]);

const nodeClasses: ReadonlySet<unknown> = new Set([EventEmitter, ...Object.values(stream)]);

/** A method, and the object of the chain of prototypes that it was found on. */
interface Method {
  readonly name: string;
  readonly descriptor: PropertyDescriptor & { value: (...args: unknown[]) => unknown };
}

/**
 * The methods of an object and of the classes above it, up to a class of the language or of Node: `on` and `emit` of
 * an emitter are not what a program does.
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

/** A class, or a function with methods of its own, as compilers to older targets write one. */
export function isClass(value: unknown): boolean {
  if (typeof value !== "function") return false;
  if (/^class\b/.test(Function.prototype.toString.call(value))) return true;
  const { prototype } = value;
  // That of a generator function has no constructor.
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
