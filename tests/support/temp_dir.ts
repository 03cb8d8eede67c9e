/** Temporary directories that remove themselves. */

/**
 * A fresh directory under the system's temporary directory, removed with its content when disposed.
 *
 * ```ts
 * await using dir = await TempDir.create();
 * ```
 */
export class TempDir implements AsyncDisposable, Disposable {
  private constructor(readonly path: string) {}

  /** Makes a directory whose name starts with `miniredis-` and `label`. */
  static async create(label = ""): Promise<TempDir> {
    return new TempDir(await Deno.makeTempDir({ prefix: `miniredis-${label}` }));
  }

  /** As `create`, for tests that never await. */
  static createSync(label = ""): TempDir {
    return new TempDir(Deno.makeTempDirSync({ prefix: `miniredis-${label}` }));
  }

  /** Removes the directory. Throws `Deno.errors.NotFound` if a test removed it itself. */
  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }

  /** Removes the directory. Throws `Deno.errors.NotFound` if a test removed it itself. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
