/**
 * What runs commands, wired together, without a socket and without a file: a server builds on it, and so does
 * whoever runs commands against a keyspace alone.
 */

import type { Clock } from "../base/clock.ts";
import { Hold } from "../base/hold.ts";
import { Client, type ClientIdentity, type ClientParts } from "../clients/client.ts";
import { ClientMemory } from "../clients/client_memory.ts";
import { Clients } from "../clients/clients.ts";
import { KeyWaits } from "../clients/key_waits.ts";
import { Monitors } from "../clients/monitors.ts";
import { PubSub } from "../clients/pubsub.ts";
import { Tracking } from "../clients/tracking.ts";
import { Waiting } from "../clients/waiting.ts";
import type { ServerContext } from "../commands/context.ts";
import type { ServerView } from "../commands/views/server.ts";
import type { CommandDeclaration } from "../commands/declaration.ts";
import { CommandBit, CommandRegistry } from "../commands/registry.ts";
import type { Configuration } from "../config/mod.ts";
import { Access } from "../execution/access.ts";
import { Admission, type ScriptFlags } from "../execution/admission.ts";
import {
  admissionRules,
  type DiskState,
  type MemoryLimits,
  type Redirections,
  type RoleState,
} from "../execution/admission_rules.ts";
import { CallObservers } from "../execution/call_observers.ts";
import { CallTiming } from "../execution/call_timing.ts";
import { Dispatcher } from "../execution/dispatcher.ts";
import { HalfDone, type HeldOutput } from "../execution/half_done.ts";
import { KeyspaceEvents, type KeyspaceEventsParts } from "../execution/keyspace_events.ts";
import { Pause } from "../execution/pause.ts";
import { Propagation } from "../execution/propagation.ts";
import { SCRIPT } from "../execution/caller.ts";
import { Rule } from "../execution/rule.ts";
import { Watches } from "../execution/watches.ts";
import type { Database } from "../keyspace/database.ts";
import type { KeyspaceObserver } from "../keyspace/events.ts";
import { Keyspace } from "../keyspace/keyspace.ts";
import { RandomSource } from "../lua/mod.ts";
import type { Log } from "../observe/log.ts";
import { collectGarbage, heapGauge, heapLimit } from "../observe/process.ts";
import { Statistics } from "../observe/statistics.ts";
import type { FileSystem } from "../persistence/file.ts";
import { GoodReplicas } from "../replication/good_replicas.ts";
import { ReplyWriter } from "../resp/reply_writer.ts";
import type { EnvironmentOptions } from "../scripting/environment.ts";
import { Functions } from "../scripting/functions.ts";
import { ScriptRunner } from "../scripting/script_runner.ts";
import { Scripts } from "../scripting/scripts.ts";

/** How much of the engine's heap may be in use while a script goes on. */
const SCRIPTS_SHARE = 0.85;

/** Where nobody has asked for a cluster, and nobody asks of one. */
function nobodyElse(): never {
  throw new Error("there is no cluster");
}

/** What a core is made with. */
export interface CoreParts {
  readonly clock: Clock;
  readonly configuration: Configuration;
  readonly log: Log;
  /** Where users are read from and written to. */
  readonly files: FileSystem;
  /** The commands that there are. */
  readonly declarations: Iterable<CommandDeclaration<ServerContext>>;
  /** What handlers see of the server. */
  readonly server: ServerView;
  /** Asked when a command is admitted. */
  readonly memory: () => MemoryLimits;
  /** Asked when a command is admitted that writes. */
  readonly disk: () => DiskState;
  /** Who has which keys; asked where `cluster-enabled` is set. */
  readonly redirections?: () => Redirections;
  /** The part in replication, asked when scripts run. */
  readonly role: () => RoleState;
  /** What is said to clients. */
  readonly output: HeldOutput & {
    /** Asks for `tracking.broadcast` to be called at the end of this turn of the event loop. */
    schedule(): void;
  };
  /** Hears of changes to keys; `KeyspaceEvents` where nothing else is given. */
  readonly observe?: (parts: KeyspaceEventsParts) => KeyspaceObserver<Database>;
}

/** All that it takes to run commands. */
export class Core {
  readonly clock: Clock;
  readonly configuration: Configuration;
  readonly log: Log;
  readonly keyspace: Keyspace;
  readonly registry: CommandRegistry;
  readonly propagation = new Propagation();
  readonly statistics = new Statistics();
  readonly observers: CallObservers;
  readonly watches = new Watches();
  readonly pubsub = new PubSub();
  readonly monitors: Monitors;
  /** Held while what is to be kept on disk can't be written there: writes may be refused. */
  readonly diskTrouble = new Hold();
  readonly goodReplicas: GoodReplicas;
  /** What clients take. */
  readonly clientMemory = new ClientMemory();
  readonly waiting: Waiting;
  readonly keyWaits: KeyWaits<Client>;
  readonly pause: Pause;
  readonly tracking: Tracking;
  readonly clients: Clients;
  readonly access: Access;
  readonly scriptRunner: ScriptRunner;
  readonly scripts: Scripts;
  readonly functions: Functions;
  readonly admission: Admission;
  /** What stands half-way: a script that takes its time. */
  readonly halfDone: HalfDone<Client>;
  readonly dispatcher: Dispatcher<Client>;
  readonly #clientParts: ClientParts;

  constructor(parts: CoreParts) {
    const { clock, configuration, log, files, memory, disk, role, output } = parts;
    this.clock = clock;
    this.configuration = configuration;
    this.log = log;
    const { databases, "cluster-enabled": isInCluster } = configuration.settings;
    this.keyspace = new Keyspace(clock, databases, undefined, isInCluster);
    this.registry = new CommandRegistry(parts.declarations);
    const replicas = this.goodReplicas = new GoodReplicas(configuration);
    this.observers = new CallObservers({ clock, settings: configuration.settings });
    this.monitors = new Monitors(clock);
    this.waiting = new Waiting(this);
    this.keyWaits = new KeyWaits(this.waiting);
    this.pause = new Pause({
      clock,
      keyspace: this.keyspace,
      began: () => this.admission.setInForce(Rule.Pause, true),
      ended: () => {
        this.admission.setInForce(Rule.Pause, this.pause.isActive);
        // Those who have to wait for something else now are told so again; a script, if one runs, ends first.
        if (!this.halfDone.isActive) this.waiting.endAll("pause");
      },
    });
    this.tracking = new Tracking({
      find: (id) => this.clients.find(id),
      all: () => this.clients,
      current: () => this.dispatcher.current,
      makesRoomFor: () => memory().roomFor,
      schedule: () => output.schedule(),
    });
    const { waiting, pubsub, monitors, tracking, clientMemory } = this;
    this.clients = new Clients({ waiting, pubsub, monitors, tracking, memory: clientMemory });
    const { registry, clients, pause, propagation, keyspace, statistics } = this;
    this.access = new Access({ registry, configuration, clock, log, files, clients, pubsub });
    const { access, observers, watches, keyWaits } = this;
    const observe = parts.observe ?? ((hearing) => new KeyspaceEvents(hearing));
    keyspace.observer = observe({
      propagation,
      settings: configuration.settings,
      watches,
      waits: keyWaits,
      readers: tracking,
      channel: pubsub,
    });
    const timing = new CallTiming({
      statistics,
      observers,
      timePasses: () => {
        // What ran before gets the time of before, where times are noted.
        propagation.settle();
        keyspace.updateTime();
      },
    });
    const runner = this.scriptRunner = new ScriptRunner({
      createSession: () =>
        this.createClient({ id: 0, caller: SCRIPT, reply: new ReplyWriter(), address: "?:0" }),
      current: () => this.dispatcher.current,
      ...{
        registry,
        keyspace,
        propagation,
        statistics,
        monitors,
        memory,
        disk,
        replicas,
        role,
        log,
      },
      ...{ settings: configuration.settings, timing },
    });
    const scriptsLimit = heapLimit() * SCRIPTS_SHARE;
    const environment: EnvironmentOptions = {
      heapUsed: heapGauge(scriptsLimit),
      heapLimit: scriptsLimit,
      random: new RandomSource(),
    };
    const scripts = this.scripts = new Scripts({ runner, environment, collectGarbage });
    const { libraries } = keyspace;
    const functions = this.functions = new Functions({ runner, libraries, environment });
    const scriptFlags: ScriptFlags = {
      flagsOf: (flags, frame) =>
        ((flags & CommandBit.RunsFunction) !== 0 ? functions : scripts).flagsOf(flags, frame),
    };
    const rules = admissionRules({
      ...{ access, memory, disk, replicas, pause },
      redirections: parts.redirections ?? nobodyElse,
      script: () => runner,
    });
    const admission = this.admission = new Admission(rules, registry.all(), scriptFlags);
    const halfDone = this.halfDone = new HalfDone<Client>({
      ...{ hold: keyspace.halfway, propagation, output },
      goOn: () => this.dispatcher.goOn(),
    });
    this.dispatcher = new Dispatcher<Client>({
      ...{ registry, keyspace, propagation, statistics, log, admission, timing },
      ...{ halfDone, keyWaits, monitors, tracking },
    });
    const { dispatcher } = this;
    this.#clientParts = {
      ...{ server: parts.server, keyspace, clock, propagation, dispatcher, access },
      ...{ waiting, keyWaits, watches, pubsub, monitors, tracking, pause, output },
      memory: clientMemory,
    };
    this.#followState();
  }

  /** A client that runs commands here. */
  createClient(identity: ClientIdentity): Client {
    return new Client(this.#clientParts, identity);
  }

  /** The server's part in replication, or the state of its link to a primary, is another one. */
  roleChanged({ isReadOnly, isStale }: RoleState): void {
    this.admission.setInForce(Rule.Role, isReadOnly);
    this.admission.setInForce(Rule.Stale, isStale);
  }

  /** Has rules of admission be in force when they may have something to say. */
  #followState(): void {
    const { admission, keyspace, configuration, goodReplicas } = this;
    const { settings } = configuration;
    admission.setInForce(Rule.Protected, true);
    admission.setInForce(Rule.Cluster, settings["cluster-enabled"]);
    this.diskTrouble.onChange((isHeld) => admission.setInForce(Rule.Disk, isHeld));
    keyspace.loading.onChange((isLoading) => admission.setInForce(Rule.Loading, isLoading));
    keyspace.loadingAside.onChange((isLoading) =>
      admission.setInForce(Rule.LoadingAside, isLoading)
    );
    keyspace.halfway.onChange((isHeld) => {
      admission.setInForce(Rule.Busy, isHeld);
      // A pause may be over that was not when the script began.
      if (!isHeld) this.waiting.endAll("pause");
    });
    const followMemory = () => {
      admission.setInForce(Rule.Memory, settings.maxmemory > 0);
      admission.setInForce(Rule.ClientMemory, settings["maxmemory-clients"].amount > 0);
    };
    followMemory();
    const followReplicas = () => admission.setInForce(Rule.Replicas, goodReplicas.areAsked);
    followReplicas();
    goodReplicas.onChange(followReplicas);
    configuration.onChange("maxmemory", followMemory);
    configuration.onChange("maxmemory-clients", followMemory);
  }
}
