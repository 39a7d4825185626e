import fc from 'fast-check'
import { MatrixError } from '../../src/lib/errors.ts'

/** A parser, with values that it gets from outside, and what must hold for each of them. */
export type FuzzTarget = {
  name: string
  about: string
  property: () => fc.IAsyncProperty<[unknown]>
  /** What all values of a run share, such as a server. Closing it may report a fault of any of them. */
  shared?: SharedPart
}
export type SharedPart = { open: () => Promise<void>; close: () => Promise<void> }

/**
 * The processor time that one value may take. The slowest takes some ms; only a parser whose cost grows with
 * more than the length reaches this, on any machine.
 */
const MAX_MS = 2000

/** `check` throws if the parser is wrong. */
export function fuzzTarget<T>(
  name: string,
  about: string,
  { values, check, shared }: { values: fc.Arbitrary<T>; check: (value: T) => unknown; shared?: SharedPart },
): FuzzTarget {
  const timed = async (value: unknown) => {
    const before = process.cpuUsage()
    await check(value as T)
    const { user, system } = process.cpuUsage(before)
    const ms = (user + system) / 1000
    if (ms > MAX_MS) throw new Error(`${Math.round(ms)} ms of processor time for one value`)
  }
  return {
    name,
    about,
    property: () => fc.asyncProperty(values as fc.Arbitrary<unknown>, timed),
    ...(shared !== undefined && { shared }),
  }
}

/**
 * The value that the parser returns, or undefined if it refuses the input with an error that may be sent to a
 * client. Any other error is a fault.
 */
export function refusedOr<T>(parse: () => T): T | undefined {
  try {
    return parse()
  } catch (error) {
    if (error instanceof MatrixError && error.status >= 400 && error.status < 500) return undefined
    throw error
  }
}

/** The same for a parser of what operators write. */
export function throwsOnly<T>(kind: new (...given: never[]) => Error, parse: () => T): T | undefined {
  try {
    return parse()
  } catch (error) {
    if (error instanceof kind && error.message.length > 0) return undefined
    throw error
  }
}
