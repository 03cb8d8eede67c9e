/** Numbers in place of addresses. */

let lastId = 0;

/** A number of the value's own, in place of an address: for `tostring` and the hash of keys. */
export function identity(value: { id: number }): number {
  if (value.id === 0) value.id = ++lastId;
  return value.id;
}

/** The value's text where it is an address in Lua: "0x" and 12 digits. */
export function addressText(value: { id: number }): string {
  return "0x" + (0x55d000000000 + identity(value) * 32).toString(16);
}
