/** What runs the server, by its own name: Deno, or what stands in for it. */

const [name, version] = navigator.userAgent.split("/");

/** The runtime: `deno` and `2.9.6`. */
export const RUNTIME: { readonly name: string; readonly version: string } = {
  name: name.toLowerCase(),
  version,
};
