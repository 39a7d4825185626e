import { setTimeout } from 'node:timers/promises'

/** Less than the time limit of a test (`scripts/bootstrap.mjs`), which does not end a loop. */
const LIMIT_MS = 240_000

/** Resolves to the first result of `look` that is neither undefined nor false. @throws after four minutes */
export async function eventually<T>(
  look: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const until = performance.now() + LIMIT_MS
  while (performance.now() < until) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    await setTimeout(1)
  }
  throw new Error('the condition did not become true within four minutes')
}
