import fc from 'fast-check'
import type { FuzzTarget } from './fuzz-target.ts'

/** A value for which a parser is wrong. `path`: where the value is in the values of the seed, after shrinking. */
export type Fault = { seed: number; path: string; value: string; error: string }

export type Fuzzed = { count: number; fault?: Fault }

/** `ms`: ends after this time. `count`: ends after this number of values. `path`: tries one value. */
export type FuzzOptions = { seed: number; ms?: number; count?: number; path?: string | undefined }

const MANY = 100_000_000

/** Tries values until one fails or the time is over. The values follow from the seed. */
export async function fuzz(target: FuzzTarget, options: FuzzOptions): Promise<Fuzzed> {
  await target.shared?.open()
  try {
    return await tried(target, options)
  } finally {
    await target.shared?.close()
  }
}

async function tried(target: FuzzTarget, { seed, ms, count = MANY, path }: FuzzOptions): Promise<Fuzzed> {
  const found = await fc.check(target.property(), {
    seed,
    numRuns: count,
    ...(path !== undefined && { path }),
    ...(ms !== undefined && { interruptAfterTimeLimit: ms, markInterruptAsFailure: false }),
  })
  if (!found.failed) return { count: found.numRuns }
  const { errorInstance, counterexamplePath, counterexample } = found
  return {
    count: found.numRuns,
    fault: {
      seed: found.seed,
      path: counterexamplePath ?? '',
      value: fc.stringify(counterexample?.[0]),
      error:
        errorInstance instanceof Error
          ? (errorInstance.stack ?? errorInstance.message)
          : String(errorInstance),
    },
  }
}

/** The command that tries the value again. */
export const commandFor = (name: string, { seed, path }: Fault): string =>
  `npm run fuzz -- --only ${name} --seed ${seed} --path ${path}`
