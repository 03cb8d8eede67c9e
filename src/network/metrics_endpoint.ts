/** The HTTP side of `metrics-port`: /metrics, /healthz and /readyz, and nothing else. */

import type { Clock, Timer } from "../base/clock.ts";
import { METRICS_TYPE } from "../observe/metrics.ts";
import type { Socket } from "../clients/transport.ts";

/** A request's head may be so long, in bytes. */
const LONGEST_HEAD = 8 * 1024;
/** A peer has so long to ask and to take the answer, in ms. */
const LONGEST_EXCHANGE = 10_000;
/** So many peers at once: one more takes the place of the one that has been there for the longest time. */
const MOST_PEERS = 16;

/** What is served. */
export interface MetricsEndpointParts {
  readonly clock: Clock;
  /** The text of /metrics. */
  readonly render: () => string;
  /** Why commands can't be served now; null when they can. */
  readonly unreadiness: () => string | null;
}

interface Answer {
  readonly status: string;
  readonly type: string;
  readonly body: string;
}

const TEXT = "text/plain; charset=utf-8";

const FORBIDDEN = "in protected mode only clients on the same machine may ask for the metrics; " +
  "'protected-mode no' lets others\n";

/** Answers one request on each connection. */
export class MetricsEndpoint {
  readonly #parts: MetricsEndpointParts;
  /** The longest there first. */
  readonly #peers = new Set<Socket>();

  constructor(parts: MetricsEndpointParts) {
    this.#parts = parts;
  }

  /** Answers a peer, or with `onlyHealth` refuses it the metrics, and closes its connection; never rejects. */
  async serve(conn: Socket, onlyHealth: boolean): Promise<void> {
    // Those that ask for something are answered at once: who is still there says nothing, or does not listen.
    if (this.#peers.size >= MOST_PEERS) this.#drop([...this.#peers][0]);
    this.#peers.add(conn);
    const timer: Timer = this.#parts.clock.after(LONGEST_EXCHANGE, () => this.#drop(conn));
    try {
      const line = await readRequestLine(conn).catch(gone);
      if (line !== null) {
        await writeAll(conn, this.#response(line, onlyHealth)).catch(gone);
      }
    } finally {
      timer.cancel();
      this.#drop(conn);
    }
  }

  /** Answers nobody any more. */
  close(): void {
    for (const conn of this.#peers) this.#drop(conn);
  }

  #drop(conn: Socket): void {
    if (this.#peers.delete(conn)) conn.close();
  }

  #response(requestLine: string, onlyHealth: boolean): Uint8Array {
    const [method, target = ""] = requestLine.split(" ");
    const { status, type, body } = this.#answer(method, target, onlyHealth);
    const bytes = new TextEncoder().encode(body);
    const head = new TextEncoder().encode(
      `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${bytes.length}\r\n` +
        "Connection: close\r\n\r\n",
    );
    if (method === "HEAD") return head;
    const response = new Uint8Array(head.length + bytes.length);
    response.set(head);
    response.set(bytes, head.length);
    return response;
  }

  #answer(method: string, target: string, onlyHealth: boolean): Answer {
    if (method !== "GET" && method !== "HEAD") {
      return { status: "405 Method Not Allowed", type: TEXT, body: "only GET and HEAD\n" };
    }
    switch (target.split("?")[0]) {
      case "/metrics":
        if (onlyHealth) return { status: "403 Forbidden", type: TEXT, body: FORBIDDEN };
        return { status: "200 OK", type: METRICS_TYPE, body: this.#parts.render() };
      case "/healthz":
        return { status: "200 OK", type: TEXT, body: "ok\n" };
      case "/readyz": {
        const reason = this.#parts.unreadiness();
        return reason === null
          ? { status: "200 OK", type: TEXT, body: "ok\n" }
          : { status: "503 Service Unavailable", type: TEXT, body: `${reason}\n` };
      }
      default:
        return {
          status: "404 Not Found",
          type: TEXT,
          body: "there are /metrics, /healthz and /readyz\n",
        };
    }
  }
}

/** The first line of a request, when its head is there; null where there is none, or too long a one. */
async function readRequestLine(conn: Socket): Promise<string | null> {
  const buffer = new Uint8Array(1024);
  let head = "";
  while (head.length < LONGEST_HEAD) {
    const count = await conn.read(buffer);
    if (count === null) return null;
    for (let i = 0; i < count; i++) head += String.fromCharCode(buffer[i]);
    if (/\r?\n\r?\n/.test(head)) return head.slice(0, head.search(/\r?\n/));
  }
  return null;
}

async function writeAll(conn: Socket, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

/** The peer went away, was too slow or can't be reached any more: whatever the system calls it, nobody can be told. */
function gone(): null {
  return null;
}
