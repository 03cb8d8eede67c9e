/** The commands that a client has sent at once, one after the other, with a look at what the next ones need. */

import type { Client } from "../clients/client.ts";
import type { CommandDecoder } from "../resp/command_decoder.ts";
import { CommandsAhead } from "../resp/commands_ahead.ts";
import type { Frame } from "../resp/frame.ts";

/**
 * Gives out the commands of one client's batch at a time. Those that are decoded ahead are taken from the
 * decoder only when their turn comes, so that it is always where it would be without.
 */
export class Pipeline {
  readonly #ahead = new CommandsAhead();
  /** How many of those that are decoded ahead were given out. */
  #given = 0;
  #isLooking = false;
  #hasLooked = false;

  /** A batch begins; `looks`: more commands than one are to be expected. */
  begin(looks: boolean): void {
    this.#isLooking = looks;
  }

  /** Decodes the next command into `frame` and tells whether there was one. Throws `ProtocolError`. */
  next(decoder: CommandDecoder, client: Client, frame: Frame): boolean {
    const ahead = this.#ahead;
    if (this.#given === ahead.count && !(this.#isLooking && this.#look(decoder, client))) {
      // Whoever sends one command at a time pays nothing.
      this.#isLooking = true;
      return decoder.next(frame);
    }
    client.keyspace.lookAhead.use(ahead, this.#given);
    decoder.take(ahead, this.#given++, frame);
    return true;
  }

  /** The batch has ended. */
  end(client: Client): void {
    if (!this.#hasLooked) return;
    this.#hasLooked = false;
    this.#given = 0;
    this.#ahead.clear();
    client.keyspace.lookAhead.end();
  }

  /** Decodes commands ahead and looks at what they need; false where there are not several. */
  #look(decoder: CommandDecoder, client: Client): boolean {
    const ahead = this.#ahead;
    this.#hasLooked = true;
    this.#given = 0;
    decoder.ahead(ahead);
    if (ahead.count < 2) {
      ahead.count = 0;
      return false;
    }
    client.keyspace.lookAhead.look(ahead, client.db.contents);
    return true;
  }
}
