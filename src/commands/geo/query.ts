/** What GEOSEARCH, GEORADIUS and their relatives ask for. */

import { NOT_AN_INTEGER, ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import { requireSafeInteger } from "../../base/numbers.ts";
import type { Span } from "../../base/span.ts";
import type { Shape } from "../../data/geo_shape.ts";
import type { Position } from "../../data/geohash.ts";
import type { Value } from "../../data/value.ts";
import type { Database } from "../../keyspace/database.ts";
import type { Frame } from "../../resp/frame.ts";
import { requireScore } from "../sorted_set/scores.ts";
import { findPosition } from "./get.ts";
import { requirePosition, requireUnit } from "./units.ts";

const NO_SUCH_MEMBER = new ReplyError("ERR could not decode requested zset member");
const RADIUS_NOT_A_NUMBER = new ReplyError("ERR need numeric radius");
const WIDTH_NOT_A_NUMBER = new ReplyError("ERR need numeric width");
const HEIGHT_NOT_A_NUMBER = new ReplyError("ERR need numeric height");
const NEGATIVE_RADIUS = new ReplyError("ERR radius cannot be negative");
const NEGATIVE_BOX = new ReplyError("ERR height or width cannot be negative");
const COUNT_NOT_POSITIVE = new ReplyError("ERR COUNT must be > 0");
const ANY_WITHOUT_COUNT = new ReplyError("ERR the ANY argument requires COUNT argument");

/** How a command says what it asks for. */
export interface QueryForm {
  /** Where the center stands: behind a word, or at fixed arguments, as a position or as a member. */
  readonly center: "option" | "position" | "member";
  /** The number of the first argument that is not a key. */
  readonly from: number;
  /** Where the key stands that takes the result; absent where there is none, or behind STORE. */
  readonly destination?: number;
  /** Whether the options STORE and STOREDIST are taken. */
  readonly mayStore?: boolean;
  /** The name that errors give to storing. */
  readonly storingName?: string;
}

/** The extent of a shape, in the unit that it was given in. */
type Extent = { readonly radius: number } | { readonly width: number; readonly height: number };

/** One call's question. */
export class GeoQuery {
  withCoordinates = false;
  withDistance = false;
  withHash = false;
  /** The key that takes the result, or null. */
  destination: Span | null = null;
  /** Whether distances, and not geohashes, are stored as scores. */
  storesDistance = false;
  order: "none" | "ascending" | "descending" = "none";
  /** How many to reply; infinite without COUNT. */
  count = Infinity;
  /** Whether any so many will do, instead of the nearest. */
  any = false;
  /** How many meters the unit of distances has. */
  unit = 1;
  readonly #db: Database;
  readonly #value: Value | null;
  #center: Position | null = null;
  #extent: Extent | null = null;

  /** Reads a call that asks `value`, which may be null where the key does not exist. */
  constructor(db: Database, value: Value | null, args: Frame, form: QueryForm) {
    this.#db = db;
    this.#value = value;
    let from = form.from;
    if (form.center === "position") {
      this.#center = requirePosition(args.span(from), args.span(from + 1));
      this.#readRadius(args, from + 2);
      from += 4;
    } else if (form.center === "member") {
      // Without a key nobody asks what the radius is; the options still tell what to reply.
      if (value !== null) {
        this.#readMember(args.span(from));
        this.#readRadius(args, from + 1);
      }
      from += 3;
    }
    if (form.destination !== undefined) this.destination = args.span(form.destination);
    this.#readOptions(args, from, form);
  }

  /** The shape; only for a key that exists. */
  get shape(): Shape {
    const center = this.#center as Position, extent = this.#extent as Extent, { unit } = this;
    return "radius" in extent
      ? { kind: "circle", center, radius: extent.radius * unit }
      : { kind: "box", center, width: extent.width * unit, height: extent.height * unit };
  }

  #readOptions(args: Frame, from: number, form: QueryForm): void {
    const searches = form.center === "option";
    let byMember = false, byPosition = false, byRadius = false, byBox = false, hasCount = false;
    for (let i = from; i < args.argc; i++) {
      const following = args.argc - i - 1;
      if (args.is(i, "WITHDIST")) {
        this.withDistance = true;
      } else if (args.is(i, "WITHHASH")) {
        this.withHash = true;
      } else if (args.is(i, "WITHCOORD")) {
        this.withCoordinates = true;
      } else if (args.is(i, "ANY")) {
        this.any = true;
      } else if (args.is(i, "ASC")) {
        this.order = "ascending";
      } else if (args.is(i, "DESC")) {
        this.order = "descending";
      } else if (following >= 1 && args.is(i, "COUNT")) {
        this.count = requireSafeInteger(args.span(++i), NOT_AN_INTEGER);
        if (this.count <= 0) throw COUNT_NOT_POSITIVE;
        hasCount = true;
      } else if (form.mayStore && following >= 1 && args.is(i, "STORE")) {
        this.destination = args.span(++i);
        this.storesDistance = false;
      } else if (form.mayStore && following >= 1 && args.is(i, "STOREDIST")) {
        this.destination = args.span(++i);
        this.storesDistance = true;
      } else if (searches && following >= 1 && !byPosition && args.is(i, "FROMMEMBER")) {
        byMember = true;
        i++;
        if (this.#value !== null) this.#readMember(args.span(i));
      } else if (searches && following >= 2 && !byMember && args.is(i, "FROMLONLAT")) {
        byPosition = true;
        this.#center = requirePosition(args.span(i + 1), args.span(i + 2));
        i += 2;
      } else if (searches && following >= 2 && !byBox && args.is(i, "BYRADIUS")) {
        byRadius = true;
        this.#readRadius(args, i + 1);
        i += 2;
      } else if (searches && following >= 3 && !byRadius && args.is(i, "BYBOX")) {
        byBox = true;
        this.#readBox(args, i + 1);
        i += 3;
      } else if (form.destination !== undefined && args.is(i, "STOREDIST")) {
        this.storesDistance = true;
      } else {
        throw SYNTAX_ERROR;
      }
    }
    if (this.destination !== null && this.#showsDetails) throw incompatible(form.storingName ?? "");
    if (searches && !byMember && !byPosition) {
      throw new ReplyError(
        `ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for ${args.string(0)}`,
      );
    }
    if (searches && !byRadius && !byBox) {
      throw new ReplyError(
        `ERR exactly one of BYRADIUS and BYBOX can be specified for ${args.string(0)}`,
      );
    }
    if (this.any && !hasCount) throw ANY_WITHOUT_COUNT;
    // The first few of many make sense only where they are the nearest.
    if (hasCount && !this.any && this.order === "none") this.order = "ascending";
  }

  get #showsDetails(): boolean {
    return this.withDistance || this.withHash || this.withCoordinates;
  }

  #readMember(member: Span): void {
    this.#center = findPosition(this.#db, this.#value, member);
    if (this.#center === null) throw NO_SUCH_MEMBER;
  }

  #readRadius(args: Frame, at: number): void {
    const radius = requireScore(args.span(at), RADIUS_NOT_A_NUMBER);
    if (radius < 0) throw NEGATIVE_RADIUS;
    this.#extent = { radius };
    this.unit = requireUnit(args.span(at + 1));
  }

  #readBox(args: Frame, at: number): void {
    const width = requireScore(args.span(at), WIDTH_NOT_A_NUMBER);
    const height = requireScore(args.span(at + 1), HEIGHT_NOT_A_NUMBER);
    if (width < 0 || height < 0) throw NEGATIVE_BOX;
    this.#extent = { width, height };
    this.unit = requireUnit(args.span(at + 2));
  }
}

function incompatible(storing: string): ReplyError {
  return new ReplyError(
    `ERR ${storing} is not compatible with WITHDIST, WITHHASH and WITHCOORD options`,
  );
}
