import { setTimeout } from 'node:timers/promises'

/** Less than the time limit of a test (`scripts/bootstrap.mjs`), which does not end a loop. */
const LIMIT_MS = 240_000
const LONGEST_PAUSE_MS = 50

/** Calls of `clockAdvanced`. */
let advances = 0

/** A test has advanced its clock. In a look this means that the next look can come at once: no time must pass. */
export function clockAdvanced(): void {
  advances++
}

/**
 * Resolves to the first result of `look` that is neither undefined nor false. The pauses grow with the time
 * waited, because a look that asks a server or a database takes processor time from what it waits for.
 * @throws after four minutes
 */
export async function eventually<T>(
  look: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const start = performance.now()
  for (let waited = 0; waited < LIMIT_MS; waited = performance.now() - start) {
    const before = advances
    const found = await look()
    if (found !== undefined && found !== false) return found
    await setTimeout(advances === before ? Math.min(1 + waited / 10, LONGEST_PAUSE_MS) : 1)
  }
  throw new Error('the condition did not become true within four minutes')
}
