/** Where finished lines go; a line ends with a newline. */
export type LogSink = (line: string) => void;
