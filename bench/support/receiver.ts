import { launchReceiver } from './programs.ts'
import type { Program } from './processes.ts'

/** The result of a round. `lastAt` is on the shared clock; latencies are from the start of sending to the arrival. */
export type Arrivals = { count: number; lastAt: number; p50: number; p99: number }

export type Receiver = AsyncDisposable & {
  program: Program
  /** The `data.url` for pushers. */
  gateway: string
  /** @param from the number of the first message that counts */
  begin(from: number): Promise<void>
  /** Resolves when `count` pokes have arrived; rejects after 60 s. */
  end(count: number): Promise<Arrivals>
  /** Pokes are accepted from now on, without a response. */
  hold(): Promise<void>
  /** The number of pokes without a response. */
  held(): Promise<number>
  /** Responds to all held pokes, and to later ones at once. `openedAt` is on the shared clock. */
  open(): Promise<{ openedAt: number; held: number }>
}

const TIMEOUT_MS = 60_000

export async function startReceiver(): Promise<Receiver> {
  const program = await launchReceiver()
  const request = async (path: string): Promise<unknown> => {
    const response = await fetch(program.url + path, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    return response.json()
  }
  return {
    program,
    gateway: `${program.url}/_matrix/push/v1/notify`,
    begin: async (from) => void (await request(`/begin?from=${from}`)),
    async end(count) {
      try {
        return (await request(`/end?count=${count}`)) as Arrivals
      } catch (error) {
        throw new Error(`fewer than ${count} pokes arrived within ${TIMEOUT_MS / 1000} s`, { cause: error })
      }
    },
    hold: async () => void (await request('/hold')),
    held: async () => ((await request('/held')) as { held: number }).held,
    open: async () => (await request('/open')) as { openedAt: number; held: number },
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  }
}
