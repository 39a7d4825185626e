import { setTimeout } from 'node:timers/promises'
import { type Program, residentMiB } from './support/processes.ts'
import { medianOf, rounded } from './support/stats.ts'
import type { SyncMode } from './support/sync-modes.ts'
import { type Client, createPolls } from './sync-load.ts'

// The memory of a user who waits for news.

const ROUNDS = 3
const SETTLED_MS = 500

/** KiB for each waiting user. `heapKiB`: live objects of JavaScript; `residentKiB`: growth of the resident set. */
export type WaitingFigures = { heapKiB: number; residentKiB: number }

/**
 * Medians over servers that start for this. Garbage is collected before both readings: when all clients have
 * synced once, and when all of them wait.
 * @param start starts a server with the heap meter
 */
export async function measureWaitingMemory(
  start: () => Promise<Program>,
  { mode, clients }: { mode: SyncMode; clients: readonly Client[] },
): Promise<WaitingFigures> {
  const rounds: WaitingFigures[] = []
  while (rounds.length < ROUNDS) {
    await using server = await start()
    const polls = createPolls(server, { mode, hasMetrics: true })
    await polls.start(clients)
    const before = await read(server)
    await polls.wait(clients)
    const after = await read(server)
    polls.close()
    const each = (bytes: number) => bytes / 1024 / clients.length
    rounds.push({
      heapKiB: each(after.heap - before.heap),
      residentKiB: each(after.resident - before.resident),
    })
  }
  return rounded({
    heapKiB: medianOf(rounds, ({ heapKiB }) => heapKiB),
    residentKiB: medianOf(rounds, ({ residentKiB }) => residentKiB),
  })
}

async function read(server: Program): Promise<{ heap: number; resident: number }> {
  await setTimeout(SETTLED_MS)
  const heap = Number(await server.ask())
  return { heap, resident: residentMiB(server.pid) * 1024 * 1024 }
}
