/**
 * Timers for Bun that its test framework can't fake: it fakes the runtime's own for everybody, whoever has taken
 * them before, and forgets those that were set. What `Atomics.waitAsync` waits for it leaves alone.
 */

/** What waits stand in a row of cells, which nobody ever changes: they are only waited at. */
const CELLS = 1024;

/** A pending call. */
export interface BunTimer {
  readonly cells: Int32Array;
  cell: number;
  isCancelled: boolean;
}

let cells: Int32Array = new Int32Array(0);
/** Cells of the present row that nobody waits at. */
let free: number[] = [];

/** Cells that are still waited at keep their row. */
function takeCell(): number {
  if (free.length === 0) {
    cells = new Int32Array(new SharedArrayBuffer(4 * CELLS));
    free = Array.from(cells.keys());
  }
  return free.pop()!;
}

/** In ms: `waitAsync` takes no less for a time in the future. */
const SHORTEST = 1;

function start(timer: BunTimer, delay: number, run: () => void): void {
  const { value } = Atomics.waitAsync(timer.cells, timer.cell, 0, Math.max(SHORTEST, delay));
  Promise.resolve(value).then(() => {
    if (!timer.isCancelled) run();
    else if (timer.cells === cells) free.push(timer.cell);
  });
}

function end(timer: BunTimer): void {
  timer.isCancelled = true;
  if (timer.cells === cells) free.push(timer.cell);
}

/** As the global one, but for the arguments. */
export function setTimeout(run: () => void, delay = 0): BunTimer {
  const cell = takeCell(), timer = { cells, cell, isCancelled: false };
  start(timer, delay, () => {
    end(timer);
    run();
  });
  return timer;
}

/** As the global one, but for the arguments. */
export function setInterval(run: () => void, delay = 0): BunTimer {
  const cell = takeCell(), timer = { cells, cell, isCancelled: false };
  const next = () => {
    start(timer, delay, next);
    run();
  };
  start(timer, delay, next);
  return timer;
}

/** As the global one. */
export function clearTimeout(timer: BunTimer | undefined): void {
  if (timer === undefined || timer.isCancelled) return;
  timer.isCancelled = true;
  Atomics.notify(timer.cells, timer.cell);
}

export { clearTimeout as clearInterval };
