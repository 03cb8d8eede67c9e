/** The commands that a client has sent at once, one after the other, with a look at the keys of the next ones. */

import type { Client } from "../clients/client.ts";
import { KEYS_AHEAD } from "../keyspace/look_ahead.ts";
import type { CommandDecoder } from "../resp/command_decoder.ts";
import { Frame } from "../resp/frame.ts";

/**
 * Gives out the commands of one client's batch at a time. Those that are decoded ahead are taken from the
 * decoder only when their turn comes, so that it is always where it would be without.
 */
export class Pipeline {
  readonly #frames: Frame[] = [];
  /** How many of the frames hold commands, and how many of those were given out. */
  #count = 0;
  #given = 0;
  #isLooking = false;

  /** A batch begins; `looks`: more commands than one are to be expected. */
  begin(looks: boolean): void {
    this.#count = this.#given = 0;
    this.#isLooking = looks;
  }

  /** The next command, in `frame` or in another one; null: there is none. Throws `ProtocolError`. */
  next(decoder: CommandDecoder, client: Client, frame: Frame): Frame | null {
    if (this.#given < this.#count || this.#isLooking && this.#look(decoder, client)) {
      const ahead = this.#frames[this.#given];
      client.keyspace.lookAhead.use(this.#given++);
      decoder.take(ahead);
      return ahead;
    }
    // Whoever sends one command at a time pays nothing.
    this.#isLooking = true;
    return decoder.next(frame) ? frame : null;
  }

  /** The batch has ended. */
  end(client: Client): void {
    if (this.#count > 0) client.keyspace.lookAhead.end();
  }

  /** Decodes commands ahead and looks at their keys; false where there are not several. */
  #look(decoder: CommandDecoder, client: Client): boolean {
    const frames = this.#frames;
    while (frames.length < KEYS_AHEAD) frames.push(new Frame());
    this.#given = 0;
    const count = this.#count = decoder.ahead(frames);
    if (count < 2) {
      this.#count = 0;
      return false;
    }
    const { lookAhead } = client.keyspace;
    for (let i = 0; i < count; i++) {
      const frame = frames[i];
      // As a rule the key is what comes first. Where it is not, nothing is won, and nothing goes wrong.
      const at = frame.argc > 1 ? 1 : 0;
      lookAhead.note(i, frame.argStart(at), frame.argEnd(at));
    }
    lookAhead.look(frames[0].buffer, count, client.db.contents);
    return true;
  }
}
