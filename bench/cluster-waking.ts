import { Agent } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { noNats, startNatsServer } from '../test/support/nats-server.ts'
import type { BenchOptions } from './benchmark.ts'
import type { ClusterPart } from './cluster-throughput.ts'
import { ask } from './support/ask.ts'
import type { DurablePostgres } from './support/durable-postgres.ts'
import { createLoad } from './support/load.ts'
import { monotonicMs } from './support/monotonic.ts'
import { openSeedOf, type SeededRoom } from './support/seed.ts'
import { launchBelfries, type SeveralBelfries } from './support/several-belfries.ts'
import { percentile, rounded } from './support/stats.ts'
import { figure } from './support/table.ts'
import { untilTheEnd } from '../test/support/until-the-end.ts'
import { atMost } from './support/target.ts'

// A user waits in /sync at one process while a message of another user is sent to the other process.

const MESSAGES = 300
const WARM_UP = 50
const WAIT_MS = 20_000
/** From the request for the sync to the message, so that the sync waits. */
const SETTLED_MS = 25
const NO_GATEWAY = 'http://127.0.0.1:9/'
const MAX_P50_MS = 10
const MAX_P99_MS = 30

/** Of each message, from the response to the sender, and from its request. */
type Wake = { afterResponseMs: number; afterRequestMs: number }
type Waking = { p50Ms: number; p99Ms: number; fromRequestP50Ms: number; fromRequestP99Ms: number }
type Line = { bus: string; from: string; of: Waking }

/** The time from a message at one process to the response of a long poll at another, on each bus. */
export async function measureWaking(
  postgres: DurablePostgres,
  data: string,
  options: BenchOptions,
): Promise<ClusterPart> {
  await using end = untilTheEnd()
  const buses = [{ bus: 'postgres', url: undefined as string | undefined }]
  if (noNats === false) buses.push({ bus: 'nats', url: (await startNatsServer(end)).url })
  else console.log(`nats is left out: ${noNats}`)
  const lines: Line[] = []
  for (const { bus, url } of buses) {
    const database = await postgres.newDatabase()
    const room = await seedRoom(database)
    const env = url === undefined ? {} : { BELFRY_CLUSTER_BUS: url }
    await using both = await launchBelfries(2, { data, database, env }, options)
    for (const from of ['the other process', 'the same process'])
      lines.push({ bus, from, of: await measureWakes(both, room, from === 'the other process' ? 1 : 0) })
  }
  const across = lines.filter(({ from }) => from === 'the other process')
  return {
    table: {
      title: `A message until the response of a waiting /sync, ms (${MESSAGES} messages, one after the other)`,
      columns: ['bus', 'sent to', 'after the response: p50', 'p99', 'after the request: p50', 'p99'],
      rows: lines.map(({ bus, from, of }) => [
        bus,
        from,
        figure(of.p50Ms, 1),
        figure(of.p99Ms, 1),
        figure(of.fromRequestP50Ms, 1),
        figure(of.fromRequestP99Ms, 1),
      ]),
    },
    targets: across.flatMap(({ bus, of }) => {
      const within = (name: string, value: number, limit: number) =>
        atMost(`a sync at another process is woken within ${limit} ms (${name}) on ${bus}`, {
          value,
          limit,
          unit: 'ms',
        })
      return [within('p50', of.p50Ms, MAX_P50_MS), within('p99', of.p99Ms, MAX_P99_MS)]
    }),
    figures: { wakes: lines.map(({ bus, from, of }) => ({ bus, from, ...of })) },
  }
}

async function seedRoom(database: string): Promise<SeededRoom> {
  await using seed = await openSeedOf(database, NO_GATEWAY)
  return await seed.addRoom(2, 0)
}

/** @param sendTo the index of the process that gets the messages; the sync waits at the first one */
async function measureWakes({ urls }: SeveralBelfries, room: SeededRoom, sendTo: 0 | 1): Promise<Waking> {
  const agent = new Agent({ keepAlive: true })
  await using load = createLoad(urls[sendTo] ?? '', 1)
  const sync = async (query: string) => {
    const text = await ask(agent, `${urls[0]}/_matrix/client/v3/sync?${query}`, room.members[0]?.token ?? '')
    return { at: monotonicMs(), since: (JSON.parse(text) as { next_batch: string }).next_batch }
  }
  let { since } = await sync('timeout=0')
  const wakes: Wake[] = []
  for (let number = -WARM_UP; number < MESSAGES; number++) {
    const waiting = sync(`since=${since}&timeout=${WAIT_MS}`)
    await setTimeout(SETTLED_MS)
    const sentAt = monotonicMs()
    const respondedAt = sentAt + (await load.send(room))
    const woken = await waiting
    since = woken.since
    // The sync may get its response before the sender does.
    if (number >= 0)
      wakes.push({
        afterResponseMs: Math.max(0, woken.at - respondedAt),
        afterRequestMs: woken.at - sentAt,
      })
  }
  agent.destroy()
  const after = wakes.map(({ afterResponseMs }) => afterResponseMs)
  const fromRequest = wakes.map(({ afterRequestMs }) => afterRequestMs)
  return rounded({
    p50Ms: percentile(after, 0.5),
    p99Ms: percentile(after, 0.99),
    fromRequestP50Ms: percentile(fromRequest, 0.5),
    fromRequestP99Ms: percentile(fromRequest, 0.99),
  })
}
