import { errorBrand } from "./error-brand.js";
import type { StreamllError, TransportError } from "./errors.js";
import { isError } from "./realm.js";

export const isStreamllError = (error: unknown): error is StreamllError =>
  isError(error) && errorBrand in error;

/** Recognised by structure, as a transport may be written without this package's classes. */
export const isTransportError = (error: unknown): error is TransportError =>
  isError(error) && "kind" in error && typeof error.kind === "string" && "permanent" in error;
