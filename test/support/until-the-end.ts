import type { TestEnd } from './after-test.ts'

/**
 * Stands for the context of a test, so that benchmarks and long runs can use what closes itself after a test.
 * It is closed by disposing.
 */
export function untilTheEnd(): TestEnd & AsyncDisposable {
  const hooks: (() => Promise<void>)[] = []
  return {
    after: (hook) => void hooks.push(hook),
    async [Symbol.asyncDispose]() {
      for (const hook of hooks) await hook()
    },
  }
}
