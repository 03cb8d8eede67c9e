/** Counts what is allocated as typed arrays: whoever believes a false length asks for one. */

const ARRAYS = ["Uint8Array", "Int32Array", "Uint32Array", "Float64Array", "ArrayBuffer"] as const;

/** From its making on, all typed arrays that this process makes with a length are counted. */
export class AllocationWatch {
  /** Bytes that were asked for since `reset`. */
  bytes = 0;

  constructor() {
    const watched = globalThis as unknown as Record<string, unknown>;
    for (const name of ARRAYS) watched[name] = this.#watch(globalThis[name]);
  }

  /** Begins again at 0. */
  reset(): void {
    this.bytes = 0;
  }

  #watch<Type extends (typeof globalThis)[typeof ARRAYS[number]]>(original: Type): Type {
    const size = "BYTES_PER_ELEMENT" in original ? original.BYTES_PER_ELEMENT : 1;
    const proxy: Type = new Proxy(original, {
      construct: (target, args: unknown[], newTarget) => {
        if (typeof args[0] === "number") this.bytes += args[0] * size;
        return Reflect.construct(target, args, newTarget === proxy ? target : newTarget);
      },
    });
    return proxy;
  }
}
