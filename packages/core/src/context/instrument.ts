import { answerOf, faultOf } from "../callback.js";
import { ConfigurationError } from "../errors.js";
import { dataOf, ownData } from "../fields.js";
import { isPlainObject } from "../realm.js";
import { type ModelMethod, modelMethodsOf } from "./clients.js";
import type { Configuration } from "./configuration.js";
import { recording } from "./context.js";
import { copyMetadata } from "./metadata.js";
import { isClass, methodsOf } from "./methods.js";
import { type CallOptions, callOptionNames, Problems } from "./options.js";
import { run } from "./run.js";

export interface InstrumentOptions extends CallOptions {
  /** `{operation}` of routing keys. Default: the name of the method or the function. */
  readonly operation?: string | undefined;
  /** Selects the arguments that `start` shows; `capture.inputs` then applies to these. Default: all arguments. */
  readonly inputs?: ((...args: never[]) => readonly unknown[]) | undefined;
  /** Instruments only these methods of a class or an object. Default: all. */
  readonly methods?: readonly string[] | undefined;
}

type DecoratorContext = ClassDecoratorContext | ClassMethodDecoratorContext;

type Decorator = <T extends object>(target: T, context: DecoratorContext) => T;

type AnyFunction = (...args: never[]) => unknown;

const optionNames = ["operation", "inputs", "methods", ...callOptionNames];

/** Functions that are instrumented already, so that none is instrumented twice. */
const wrappers = new WeakSet<object>();

/**
 * Records each call: `start` with the arguments, then `end` with the result or `error`, and `token` events while a
 * stream that the call returned is read. The program sees no difference.
 *
 * - a class: its methods are replaced in place, for all instances of it and of its subclasses
 * - an object: its own methods and those of its class are replaced in place
 * - a client of OpenAI, Anthropic, Google, Cohere or Ollama: only its model calls are recorded, as `kind: "llm"`
 * - a function: returns a function to call instead
 * - `@instrument()` or `@instrument({ … })`: a standard decorator for a class or a method
 *
 * @throws ConfigurationError for a target that cannot be instrumented, or for invalid options.
 * @example
 * const rag = instrument(new RAG());
 * const complete = instrument(complete_, { kind: "llm", capture: { inputs: false } });
 */
export function instrument(options?: InstrumentOptions): Decorator;
export function instrument<T extends object>(target: T, options?: InstrumentOptions | DecoratorContext): T;
export function instrument(target?: object, options?: InstrumentOptions | DecoratorContext): unknown {
  if (target === undefined || (options === undefined && isOptions(target))) {
    const checked = checkedOptions(target ?? {});
    return (value: object, context: DecoratorContext) => decorated(value, context, checked);
  }
  if (isDecoratorContext(options)) return decorated(target, options, {});
  return instrumented(target, checkedOptions(options ?? {}));
}

function instrumented(target: object, options: InstrumentOptions): object {
  if (isClass(target)) return patched((target as { prototype: object }).prototype, options, target);
  if (typeof target === "function") return wrapped(target as AnyFunction, target.name, options);
  if (typeof target === "object" && target !== null) {
    const calls = options.methods === undefined ? modelMethodsOf(target) : [];
    return calls.length > 0 ? patchedClient(target, calls, options) : patched(target, options, target);
  }
  throw refused("target", "instrument takes a class, an object or a function");
}

function decorated(value: object, context: DecoratorContext, options: InstrumentOptions): object {
  if (context === undefined && isClass(value)) return instrumented(value, options);
  if (context?.kind === "class") return instrumented(value, options);
  if (context?.kind === "method") return wrapped(value as AnyFunction, String(context.name), options);
  throw refused(
    "@instrument()",
    "stands before a class or a method, as a standard decorator (without experimentalDecorators)",
  );
}

/** Replaces methods in place, so that private fields, `super`, statics and identity stay as they are. */
function patched(holder: object, options: InstrumentOptions, result: object): object {
  const { methods: chosen } = options;
  const methods = methodsOf(holder);
  const missing = chosen?.find((name) => !methods.some((method) => method.name === name));
  if (missing !== undefined) throw refused("methods", `there is no method ${JSON.stringify(missing)}`);
  for (const { name, descriptor } of methods) {
    if (chosen !== undefined && !chosen.includes(name)) continue;
    put(holder, name, descriptor, () => wrapped(descriptor.value, name, options));
  }
  return result;
}

/** Records a client's model calls, named after the client's class and the path to the method. */
function patchedClient(client: object, calls: readonly ModelMethod[], options: InstrumentOptions): object {
  const recorded = { kind: "llm" as const, moduleName: classNameOf(client) ?? "client", ...options };
  for (const { path, holder, name } of calls) {
    const method = methodsOf(holder).find((method) => method.name === name);
    if (method === undefined) continue;
    put(holder, name, method.descriptor, () => wrapped(method.descriptor.value, path, recorded));
  }
  return client;
}

function put(holder: object, name: string, descriptor: PropertyDescriptor, make: () => unknown): void {
  const own = Object.getOwnPropertyDescriptor(holder, name);
  // A method of a sealed object cannot be replaced.
  if (own === undefined ? !Object.isExtensible(holder) : !own.configurable && !own.writable) return;
  Object.defineProperty(holder, name, { ...(own ?? { ...descriptor, enumerable: false }), value: make() });
}

/** Wraps a function in a proxy, so that its name, length, fields and `new` stay as they are. */
function wrapped<F extends AnyFunction>(fn: F, name: string, options: InstrumentOptions): F {
  if (wrappers.has(fn)) return fn;
  const methodName = name.replace(/^bound /, "") || "anonymous";
  const operation = options.operation ?? methodName;
  const wrapper = new Proxy(fn, {
    apply(_, self, args) {
      const configuration = recording();
      if (configuration === undefined) return Reflect.apply(fn, self, args);
      const callee = { moduleName: classNameOf(self), methodName, operation, options };
      return run(configuration, callee, { inputs: inputsOf(configuration, options, args), fn, self, args });
    },
  });
  wrappers.add(wrapper);
  copyMetadata(fn, wrapper);
  return wrapper;
}

/** If `inputs` throws, no argument is shown: it may be there to leave a secret out. */
function inputsOf(
  configuration: Configuration,
  { inputs }: InstrumentOptions,
  args: readonly unknown[],
): readonly unknown[] | undefined {
  if (inputs === undefined) return args;
  try {
    return answerOf(() => inputs(...(args as never[])));
  } catch (error) {
    configuration.warnOnce("inputs", `inputs ${faultOf(error)}; the arguments are left out`);
    return undefined;
  }
}

function classNameOf(self: unknown): string | undefined {
  if ((typeof self !== "object" || self === null) && typeof self !== "function") return undefined;
  const made = typeof self === "function" ? self : dataOf(self, "constructor");
  const name = typeof made === "function" ? ownData(made, "name") : undefined;
  return typeof name === "string" && name !== "" && name !== "Object" ? name : undefined;
}

/** `instrument({ kind: "llm" })` passes options for a decorator, `instrument({ answer() { … } })` an object. */
function isOptions(target: object): boolean {
  if (!isPlainObject(target)) return false;
  return Object.entries(target).every(
    ([name, value]) => optionNames.includes(name) && (name === "inputs" || typeof value !== "function"),
  );
}

function isDecoratorContext(options: object | undefined): options is DecoratorContext {
  return options !== undefined && "addInitializer" in options;
}

function checkedOptions(options: InstrumentOptions): InstrumentOptions {
  const problems = new Problems();
  if (problems.names(options, optionNames)) {
    const { operation, inputs, methods } = options;
    problems.check(operation === undefined || typeof operation === "string", "operation", "write a string");
    const isPicking = inputs === undefined || typeof inputs === "function";
    problems.check(isPicking, "inputs", "write a function of the arguments that returns a list");
    problems.check(methods === undefined || isNames(methods), "methods", 'write a list such as ["answer"]');
    problems.call(options);
  }
  problems.throwIfAny();
  return options;
}

function isNames(names: unknown): boolean {
  return Array.isArray(names) && names.every((name) => typeof name === "string");
}

function refused(option: string, message: string): ConfigurationError {
  return new ConfigurationError([{ option, message }]);
}
