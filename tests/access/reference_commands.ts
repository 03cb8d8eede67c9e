/** The reference's commands as access rules know them, so that rules mean the same on both sides. */

import { type Category, categoryBits } from "../../src/access/categories.ts";
import { type AccessCommand, CommandTable } from "../../src/access/command.ts";
import type { RawClient } from "../support/raw_client.ts";
import { leaves, type Reply } from "../support/reply.ts";

/** Places in an entry of COMMAND's reply. */
const NAME = 0, FLAGS = 2, CATEGORIES = 6, SUBCOMMANDS = 9;

/** What COMMAND says of a server's commands; keys and channels are left out. */
export async function readCommandTable(client: RawClient): Promise<CommandTable> {
  let count = 0;
  const read = ({ children = [] }: Reply): AccessCommand => ({
    id: count++,
    fullName: children[NAME].text ?? "",
    categoryBits: categoryBits(
      leaves(children[CATEGORIES]).map((category) => category.slice(1) as Category),
    ),
    isForEveryone: leaves(children[FLAGS]).includes("no_auth"),
    findKeys: (_, keys) => keys.clear(),
    subcommands: (children[SUBCOMMANDS].children ?? []).map(read),
  });
  return new CommandTable(((await client.call("COMMAND")).children ?? []).map(read));
}
