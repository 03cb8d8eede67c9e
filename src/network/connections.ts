/** The connections of a server: what all of them share, and how each begins. */

import type { Client } from "../clients/client.ts";
import type { Clients } from "../clients/clients.ts";
import type { ClientTransport, Socket } from "../clients/transport.ts";
import { Connection, type ConnectionParts } from "./connection.ts";
import { Lingering } from "./lingering.ts";
import { Pipeline } from "./pipeline.ts";
import { TurnBudget } from "./turn_budget.ts";

/** What connections are served with. */
export interface ConnectionsParts
  extends Omit<ConnectionParts, "clients" | "lingering" | "budget" | "pipeline"> {
  readonly clients: Pick<Clients, "add" | "leave" | "remove">;
  /** Makes the client that a connection carries. */
  readonly createClient: (transport: ClientTransport) => Client;
}

/** Serves connections that have been let in. */
export class Connections {
  readonly #parts: ConnectionsParts & ConnectionParts;

  constructor(parts: ConnectionsParts) {
    const lingering = new Lingering(), budget = new TurnBudget(parts.gate);
    this.#parts = { ...parts, lingering, budget, pipeline: new Pipeline() };
  }

  /** Serves a connection until it ends. */
  serve(conn: Socket): Connection {
    const { clients, createClient } = this.#parts;
    const connection = new Connection(conn, this.#parts, createClient);
    clients.add(connection.client);
    connection.serve();
    return connection;
  }
}
