/** What scripts can set in the library `cjson`. */

/** What to do with numbers that JSON does not have. */
export const INVALID_OFF = 0;
export const INVALID_ON = 1;
export const INVALID_NULL = 2;

/** The settings of one instance of the library, which scripts change and which stay. */
export interface JsonSettings {
  sparseConvert: boolean;
  sparseRatio: number;
  sparseSafe: number;
  encodeMaxDepth: number;
  decodeMaxDepth: number;
  numberPrecision: number;
  keepBuffer: boolean;
  encodeInvalid: number;
  decodeInvalid: boolean;
}
