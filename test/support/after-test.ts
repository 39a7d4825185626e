/** The part of a test's context that this file needs. */
export type TestEnd = { after(hook: () => Promise<void>): void }

const stepsOf = new WeakMap<TestEnd, (() => unknown)[]>()

/**
 * Runs `step` after the test. The steps of a test run in reverse order, so that a server is closed before its
 * folder is removed. Each step runs even if another one fails: the hooks of `node:test` stop at the first
 * failure, and a server that stays open keeps the process alive. The test fails with the error of the step,
 * or with an AggregateError of several.
 */
export function afterTest(t: TestEnd, step: () => unknown): void {
  let steps = stepsOf.get(t)
  if (steps === undefined) {
    steps = []
    stepsOf.set(t, steps)
    const all = steps
    t.after(() => runAll(all))
  }
  steps.push(step)
}

async function runAll(steps: (() => unknown)[]): Promise<void> {
  const errors: unknown[] = []
  for (let step = steps.pop(); step !== undefined; step = steps.pop())
    try {
      await step()
    } catch (error) {
      errors.push(error)
    }
  if (errors.length === 1) throw errors[0]
  // The reporter of `node:test` prints only the message of an AggregateError.
  if (errors.length > 1) throw new AggregateError(errors, errors.map(textOf).join('\n'))
}

const textOf = (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error))
