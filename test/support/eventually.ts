import { setTimeout } from 'node:timers/promises'

/** Resolves to the first result of `look` that is neither undefined nor false. The time limit of the test applies. */
export async function eventually<T>(
  look: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    await setTimeout(1)
  }
}
