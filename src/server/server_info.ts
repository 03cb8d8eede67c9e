/** INFO's text. */

import type { InfoView } from "../commands/context.ts";
import type { Server } from "./server.ts";

export class ServerInfo implements InfoView {
  constructor(_server: Server) {}

  render(_sections: readonly string[]): string {
    return "";
  }
}
