import { Client } from 'pg'
import { registerUser } from '../support/client.ts'
import { mixedWrites, sameTransactions } from '../support/concurrent-writes.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { untilTheEnd } from '../support/until-the-end.ts'
import { clusterTarget } from './cluster-target.ts'
import { crashRun } from './crash-run.ts'

// A crash run over several processes. Before the kills they write at the same time: equal transaction ids,
// and mixed writes.

export type ClusterRun = {
  seed: number
  kills: number
  database: string
  /** The number of transaction ids that two processes get at once, and the number of mixed writes. */
  writes: number
  longestLife: number
  settings?: Readonly<Record<string, string>>
  onPhase: (text: string) => void
}

const SIZE = { rooms: 12, senders: 6, receivers: 18 }
/**
 * So that the delays are those of a kill, and not of a long queue: a pusher gets one poke at a time, 15 to 20
 * in a second while all processes are busy. So senders that waited for the sum of all queues would fill the
 * queue of the slowest pusher, and send as fast as that gets shorter.
 */
const LONGEST_QUEUE = 15
/** Besides the outages: for the longest queue at 5 pokes in a second, and for waits at a takeover. */
const LATEST_MS = 5_000
const WRITERS = 12
const ROOMS = 8
/** Of all writers at once, in each batch of mixed writes. */
const WRITES_AT_ONCE = WRITERS * 7

export async function clusterRun(options: ClusterRun) {
  const { seed, kills, database, longestLife, onPhase } = options
  await using end = untilTheEnd()
  await using target = await clusterTarget(database, options.settings)
  const url = await target.url()
  const gateway = await startPokeReceiver(end)
  const written = await writeAtOnce(options, { url, urls: await target.urls(), gateway: gateway.url })
  const result = await crashRun({
    seed,
    kills,
    target,
    database,
    size: SIZE,
    longestLife,
    acknowledgedPerLife: 1,
    longestQueue: LONGEST_QUEUE,
    latestMs: LATEST_MS,
    retryUnavailable: true,
    onKill: ({ kills: done, sent, pokes }) =>
      onPhase(`${done} kills and stops, ${sent} messages acknowledged, ${pokes} pokes`),
  })
  const deadlocks = await deadlocksIn(database)
  return {
    problems: [...written.problems, ...result.problems],
    details: result.details,
    figures: { ...written.figures, deadlocks, ...target.counts, ...result.figures },
  }
}

async function writeAtOnce(
  { writes, onPhase }: ClusterRun,
  { url, urls, gateway }: { url: string; urls: readonly string[]; gateway: string },
) {
  if (writes === 0) return { problems: [], figures: {} }
  const users = await Promise.all(Array.from({ length: WRITERS }, (_, n) => registerUser(url, `writer${n}`)))
  const roomIds: string[] = []
  for (let n = 0; n < ROOMS; n++) {
    const roomId = (await users[n]?.createRoom()) ?? ''
    for (const user of users) await user.post(`/join/${encodeURIComponent(roomId)}`)
    roomIds.push(roomId)
  }
  onPhase(`${writes} transaction ids, each at two processes at once`)
  const wrong = await Promise.all(
    users.map((user, at) => {
      const count = Math.ceil(writes / WRITERS)
      return sameTransactions(urls.slice(0, 2), { user, roomId: roomIds[at % ROOMS] ?? '', count, name: 's' })
    }),
  )
  const statuses = new Map<string, number>()
  const done = () => [...statuses.values()].reduce((sum, count) => sum + count, 0)
  for (let from = 0; done() < writes; from++) {
    for (const [status, count] of await mixedWrites({ users, roomIds, gateway, rounds: 1, from }))
      statuses.set(status, (statuses.get(status) ?? 0) + count)
    if (from % 10 === 0) onPhase(`${done()} mixed writes, ${WRITES_AT_ONCE} at once`)
  }
  const failed = [...statuses].filter(([status]) => status !== '200')
  return {
    problems: [
      ...wrong.flat().map((text) => `the same transaction id: ${text}`),
      ...failed.map(([status, count]) => `a write failed ${count} times: ${status}`),
    ],
    figures: { sameTransactionIds: writes, mixedWrites: done() },
  }
}

async function deadlocksIn(database: string): Promise<number> {
  const client = new Client({ connectionString: database })
  await client.connect()
  try {
    const { rows } = await client.query<{ deadlocks: string }>(
      'select deadlocks from pg_stat_database where datname = current_database()',
    )
    return Number(rows[0]?.deadlocks)
  } finally {
    await client.end()
  }
}
