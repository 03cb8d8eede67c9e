/** `maxclients` and the limit of open files, which the system sets. */

import { type DescriptorReserve, RESERVED_DESCRIPTORS } from "../base/descriptor_reserve.ts";
import { type Configuration, ValueError } from "../config/mod.ts";
import type { Log } from "../observe/log.ts";
import { openFileLimit } from "../observe/process.ts";

const SEE_ULIMIT = "If you need higher maxclients increase 'ulimit -n'.";

/** What `maxclients` follows. */
export interface OpenFilesParts {
  readonly configuration: Configuration;
  readonly log: Log;
  readonly clients: { readonly count: number };
  readonly descriptors: DescriptorReserve;
}

/**
 * Lowers `maxclients` to what the system lets the process have open: at once where that is known, else when
 * the process has met the limit, which is when the descriptors in reserve are given up.
 */
export function followMaxClients(parts: OpenFilesParts): void {
  followKnownLimit(parts);
  followReserve(parts);
}

function followKnownLimit({ configuration, log }: OpenFilesParts): void {
  const { settings } = configuration;
  const limit = openFileLimit();
  if (limit === null) return;
  const most = Math.max(1, limit - RESERVED_DESCRIPTORS);
  const sayTooMany = () => {
    const { maxclients } = settings;
    log.warning(
      `You requested maxclients of ${maxclients} requiring at least ${
        maxclients + RESERVED_DESCRIPTORS
      } ` +
        "max file descriptors.",
    );
    log.warning(
      `Current maximum open files is ${limit}. maxclients has been reduced to ${most} to ` +
        `compensate for low ulimit. ${SEE_ULIMIT}`,
    );
  };
  if (settings.maxclients > most) {
    sayTooMany();
    configuration.assign("maxclients", most);
  }
  configuration.onChange("maxclients", (wanted) => {
    if (wanted <= most) return;
    sayTooMany();
    throw tooMany(most);
  });
}

function followReserve({ configuration, log, clients, descriptors }: OpenFilesParts): void {
  const { settings } = configuration;
  /** What `maxclients` was lowered to when the reserve was given up. */
  let most = Infinity;
  descriptors.givenUp = () => {
    most = Math.min(settings.maxclients, Math.max(1, clients.count));
    configuration.assign("maxclients", most);
    log.warning(
      `No more files can be opened. maxclients has been reduced to ${most} to compensate for low ` +
        `ulimit. ${SEE_ULIMIT}`,
    );
  };
  configuration.onChange("maxclients", (wanted) => {
    if (wanted <= most) return;
    // Whether the limit is a higher one now, or clients have left, shows when the reserve can be had again.
    if (!descriptors.hold()) {
      descriptors.release();
      throw tooMany(most);
    }
    most = Infinity;
  });
}

function tooMany(most: number): ValueError {
  return new ValueError(
    `The operating system is not able to handle the specified number of clients, try with ${most}`,
  );
}
