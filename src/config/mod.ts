/** What other rooms use of the configuration. */

export {
  type ApplyOptions,
  type ChangeHook,
  Configuration,
  type DirectiveRemark,
  type FileWriter,
  remarkOn,
  type RenamedCommand,
  type UserLine,
} from "./configuration.ts";
export {
  type CommandLine,
  configurationFrom,
  type FileCheck,
  helpText,
  MINIREDIS_VERSION,
  parseCommandLine,
  REDIS_VERSION,
  versionText,
} from "./command_line.ts";
export { DEBUG_DEFAULTS, type DebugSettings } from "./debug_settings.ts";
export { type DirectiveName, isSensitive, type Settings, type ValueOf } from "./directives.ts";
export { ConfigError, type Place, ValueError } from "./errors.ts";
export type {
  OutputBufferLimit,
  OutputBufferLimits,
  PrimaryAddress,
  SaveRule,
  ShutdownOption,
} from "./special_types.ts";
export { type MemoryOrPercent, parseMemory } from "./value_type.ts";
export { BUS_PORT_DISTANCE, busPortOf, modeOf } from "./server_mode.ts";
