import { setTimeout } from 'node:timers/promises'

/** Resolves once `look` finds something; the test's own time limit is its limit. */
export async function eventually<T>(
  look: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    await setTimeout(1)
  }
}
