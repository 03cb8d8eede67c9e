/** The commands about connections. */

import type { CommandDeclaration } from "../declaration.ts";
import { ECHO, PING, QUIT, SELECT } from "./basic.ts";
import { CLIENT } from "./client.ts";
import { AUTH, HELLO, RESET } from "./hello.ts";

export const CONNECTION_COMMANDS: readonly CommandDeclaration[] = [
  PING,
  ECHO,
  SELECT,
  QUIT,
  HELLO,
  AUTH,
  RESET,
  CLIENT,
];
