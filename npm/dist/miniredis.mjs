import miniredis from "./miniredis.cjs";
export const { CommandError, ConfigError, ListenError, ManualClock, PersistenceError, SystemClock, startServer } = miniredis;
