/** The counters behind INFO's stats section, which CONFIG RESETSTAT sets to zero. */

const SAMPLES = 16;

/** Rates are averages over the last 16 samples, taken ten times a second, as in Redis. */
class RateMeter {
  readonly #samples = new Float64Array(SAMPLES);
  #next = 0;
  #lastValue = 0;

  /** Takes a sample of a growing counter, `elapsed` ms after the last one. */
  sample(value: number, elapsed: number): void {
    const grown = Math.max(0, value - this.#lastValue);
    this.#lastValue = value;
    this.#samples[this.#next] = elapsed > 0 ? grown * 1000 / elapsed : 0;
    this.#next = (this.#next + 1) % SAMPLES;
  }

  /** The rate per second. */
  get rate(): number {
    return this.#samples.reduce((sum, sample) => sum + sample, 0) / SAMPLES;
  }

  reset(): void {
    this.#samples.fill(0);
    this.#lastValue = 0;
  }
}

/** What a server counts while it runs. */
export class Statistics {
  /** Whether the durations of calls are kept (`latency-tracking`). */
  tracksLatency = true;
  commandsProcessed = 0;
  connectionsReceived = 0;
  rejectedConnections = 0;
  /** Clients closed because of `maxmemory-clients`. */
  evictedClients = 0;
  /** How often clients' reply buffers were made smaller. */
  replyBufferShrinks = 0;
  /** How often they were made larger. */
  replyBufferExpands = 0;
  netInputBytes = 0;
  netOutputBytes = 0;
  /** Of them, apart: what came from a primary, and what replicas were sent. */
  netReplicationInputBytes = 0;
  netReplicationOutputBytes = 0;
  /** How replicas were served: with everything, with what they lacked, and not with that alone. */
  fullSyncs = 0;
  partialSyncs = 0;
  partialSyncsRefused = 0;
  /** Error replies. */
  errorReplies = 0;
  /** Those to a file that is replayed. */
  unexpectedErrorReplies = 0;
  /** Error replies by code, for the errorstats section. */
  readonly errorsByCode = new Map<string, number>();
  readsProcessed = 0;
  writesProcessed = 0;
  activeExpireCycles = 0;
  /** Cycles of active expiry that ran out of their time budget. */
  expireTimeCapReached = 0;
  /** Time spent in active expiry, in ms. */
  expireCycleMilliseconds = 0;
  /** Estimate of the share of keys that have expired and are still there, in percent. */
  expiredStalePercent = 0;
  readonly instantaneousOps = new RateMeter();
  readonly instantaneousInput = new RateMeter();
  readonly instantaneousOutput = new RateMeter();
  readonly instantaneousReplicationInput = new RateMeter();
  readonly instantaneousReplicationOutput = new RateMeter();

  /** Counts an error reply. */
  countError(code: string): void {
    this.errorReplies++;
    this.errorsByCode.set(code, (this.errorsByCode.get(code) ?? 0) + 1);
  }

  /** Feeds the rates; `elapsed` ms since the last call. */
  sampleRates(elapsed: number): void {
    this.instantaneousOps.sample(this.commandsProcessed, elapsed);
    this.instantaneousInput.sample(this.netInputBytes + this.netReplicationInputBytes, elapsed);
    this.instantaneousOutput.sample(this.netOutputBytes, elapsed);
    this.instantaneousReplicationInput.sample(this.netReplicationInputBytes, elapsed);
    this.instantaneousReplicationOutput.sample(this.netReplicationOutputBytes, elapsed);
  }

  /** What CONFIG RESETSTAT does. */
  reset(): void {
    this.commandsProcessed = this.connectionsReceived = this.rejectedConnections = 0;
    this.netInputBytes = this.netOutputBytes = this.errorReplies = 0;
    this.readsProcessed = this.writesProcessed = 0;
    this.netReplicationInputBytes = this.netReplicationOutputBytes = 0;
    this.fullSyncs = this.partialSyncs = this.partialSyncsRefused = 0;
    this.evictedClients = this.unexpectedErrorReplies = 0;
    this.replyBufferShrinks = this.replyBufferExpands = 0;
    this.activeExpireCycles = this.expireTimeCapReached = this.expiredStalePercent = 0;
    this.expireCycleMilliseconds = 0;
    this.errorsByCode.clear();
    this.instantaneousOps.reset();
    this.instantaneousInput.reset();
    this.instantaneousOutput.reset();
    this.instantaneousReplicationInput.reset();
    this.instantaneousReplicationOutput.reset();
  }
}
