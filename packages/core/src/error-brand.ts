// A program can hold this package twice: as an ES module beside CommonJS, or once more after Jest's resetModules().
// Each copy has classes of its own, so an error that crosses the seam to a transport is known by what it carries.

/** What every copy's errors carry. */
export const errorBrand = Symbol.for("@streamll/core.error");
