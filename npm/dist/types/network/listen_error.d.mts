/** What a server that can't listen ends with. */
/** An address that could not be listened on. */
export declare class ListenError extends Error {
}
