/** What a server that can't listen ends with. */

/** An address that could not be listened on. */
export class ListenError extends Error {
  static {
    this.prototype.name = "ListenError";
  }
}
