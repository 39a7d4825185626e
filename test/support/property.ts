import fc from 'fast-check'

// Property tests try the same values in each run of the suite: a change after which one fails has caused the
// failure. `npm run fuzz -- --properties` tries others.

/** `TEST_SEED` sets another one. A failure prints its seed. */
const SUITE_SEED = 1
const DEFAULT_RUNS = 100

/** The number of runs of a property: `count`, or `TEST_TIMES` times as many. */
export const runs = (count: number): number => Math.ceil(count * Number(process.env['TEST_TIMES'] ?? 1))

fc.configureGlobal({ seed: Number(process.env['TEST_SEED'] ?? SUITE_SEED), numRuns: runs(DEFAULT_RUNS) })
