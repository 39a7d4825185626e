import { launchReceiver } from './programs.ts'
import type { Program } from './processes.ts'

/** What a round brought: `lastAt` on the shared clock, latencies from the start of sending to the arrival. */
export type Arrivals = { count: number; lastAt: number; p50: number; p99: number }

export type Receiver = AsyncDisposable & {
  program: Program
  /** For `data.url` of a pusher. */
  gateway: string
  /** @param from the number of the first message to look at */
  begin(from: number): Promise<void>
  /** Resolves when `count` pokes have come; rejects when they do not come in time. */
  end(count: number): Promise<Arrivals>
  /** From here on pokes are taken and not answered. */
  hold(): Promise<void>
  /** How many wait for their answer. */
  held(): Promise<number>
  /** Answers all that wait, and what comes from here on at once. `openedAt`: on the shared clock. */
  open(): Promise<{ openedAt: number; held: number }>
}

const TIMEOUT_MS = 60_000

export async function startReceiver(): Promise<Receiver> {
  const program = await launchReceiver()
  const ask = async (path: string): Promise<unknown> => {
    const response = await fetch(program.url + path, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    return response.json()
  }
  return {
    program,
    gateway: `${program.url}/_matrix/push/v1/notify`,
    begin: async (from) => void (await ask(`/begin?from=${from}`)),
    async end(count) {
      try {
        return (await ask(`/end?count=${count}`)) as Arrivals
      } catch (error) {
        throw new Error(`not all ${count} pokes came within ${TIMEOUT_MS / 1000} s`, { cause: error })
      }
    },
    hold: async () => void (await ask('/hold')),
    held: async () => ((await ask('/held')) as { held: number }).held,
    open: async () => (await ask('/open')) as { openedAt: number; held: number },
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  }
}
