/** The commands about connections. */

import type { ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { ECHO, PING, QUIT, SELECT } from "./basic.ts";
import { CLIENT } from "./client.ts";
import { AUTH, HELLO, RESET } from "./hello.ts";

export const CONNECTION_COMMANDS: readonly CommandDeclaration<ServerContext>[] = [
  PING,
  ECHO,
  SELECT,
  QUIT,
  HELLO,
  AUTH,
  RESET,
  CLIENT,
];
