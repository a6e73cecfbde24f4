import type { StreamllError, TransportError } from "./errors.js";
import { isError } from "./realm.js";

// A program can hold this package twice: as an ES module beside CommonJS, or once more after Jest's resetModules().
// Each copy has classes of its own, so an error that crosses the seam to a transport is known by what it carries.

/** What every copy's errors carry. */
export const errorBrand = Symbol.for("@streamll/core.error");

export const isStreamllError = (error: unknown): error is StreamllError =>
  isError(error) && errorBrand in error;

/** By its shape alone: a transport may be written without this package's classes. */
export const isTransportError = (error: unknown): error is TransportError =>
  isError(error) && "kind" in error && typeof error.kind === "string" && "permanent" in error;
