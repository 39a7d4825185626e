import { createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { Benchmark, BenchOptions, Report } from './benchmark.ts'
import { createLoad, type Load } from './support/load.ts'
import { temporaryFolder } from './support/processes.ts'
import { launchBelfry } from './support/programs.ts'
import { type Receiver, startReceiver } from './support/receiver.ts'
import { inTurns } from './support/rounds.ts'
import { openSeed, type SeededRoom } from './support/seed.ts'
import { medianOf, rounded } from './support/stats.ts'
import { figure } from './support/table.ts'
import { atMost } from './support/target.ts'

/** 20 rooms of 50 pushers for each of the two gateways. */
const ROOMS = 20
const PUSHERS = 50
const ROUNDS = 5
const ROUND_MS = 3000
const WARM_UP_MS = 2000
/** For the rooms of each gateway; each message causes 50 pokes. */
const MESSAGES_PER_SECOND = 3
const AT_MOST = 1.2

type Side = { load: Load; receiver: Receiver; rooms: readonly SeededRoom[]; others: readonly SeededRoom[] }

export const deadGateway: Benchmark = {
  name: 'dead-gateway',
  about:
    'the latency of pokes to 1,000 pushers, with another 1,000 on a gateway that never responds, and on one that does',
  method: [
    '1,000 pushers use one gateway and 1,000 another one, in rooms of 50, and both get messages at the same rate.',
    'The time from sending to the poke at the first gateway is measured on a server whose second gateway accepts connections and never responds, in turns with a server whose second gateway responds.',
  ],
  async run(options) {
    await using dead = await startDeadGateway()
    await using second = await startReceiver()
    await using beside = await startSide(second.gateway, options)
    await using alone = await startSide(dead.url, options)
    const sides = { well: beside.side, dead: alone.side }
    for (const side of Object.values(sides)) await round(side, WARM_UP_MS)
    const found = await inTurns(['well', 'dead'], ROUNDS, (name) => round(sides[name], ROUND_MS))
    return report(found, dead.requests())
  },
}

async function startSide(otherGateway: string, options: BenchOptions) {
  const stack = new AsyncDisposableStack()
  const data = stack.use(temporaryFolder())
  const receiver = stack.use(await startReceiver())
  const rooms = await seedRooms(data.path, receiver.gateway)
  const others = await seedRooms(data.path, otherGateway)
  const server = stack.use(await launchBelfry(data.path, options))
  const load = stack.use(createLoad(server.url, 2 * ROOMS))
  const side: Side = { load, receiver, rooms, others }
  return { side, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

async function seedRooms(data: string, gateway: string): Promise<SeededRoom[]> {
  await using seed = await openSeed(data, gateway)
  const rooms: SeededRoom[] = []
  while (rooms.length < ROOMS) rooms.push(await seed.addRoom(1 + PUSHERS, PUSHERS))
  return rooms
}

/** Sends messages to the rooms of both gateways at the same rate, and measures the pokes at the responding gateway. */
async function round({ load, receiver, rooms, others }: Side, ms: number) {
  await receiver.begin(load.next())
  await Promise.all([rooms, others].map((to) => load.sendAtRate(to, MESSAGES_PER_SECOND, ms)))
  const sent = Math.floor((MESSAGES_PER_SECOND * ms) / 1000)
  const { p50, p99 } = await receiver.end(sent * PUSHERS)
  return { p50Ms: p50, p99Ms: p99 }
}

/** A gateway that accepts connections and never responds. */
async function startDeadGateway() {
  let requests = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (bytes) => void (requests += bytes.toString('latin1').split('POST /').length - 1))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/_matrix/push/v1/notify`,
    requests: () => requests,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

type Latency = { p50Ms: number; p99Ms: number }

function report(found: Record<'well' | 'dead', Latency[]>, requests: number): Report {
  const of = (rounds: readonly Latency[]): Latency => ({
    p50Ms: medianOf(rounds, (one) => one.p50Ms),
    p99Ms: medianOf(rounds, (one) => one.p99Ms),
  })
  const [well, dead] = [of(found.well), of(found.dead)]
  const ratios = { p50: dead.p50Ms / well.p50Ms, p99: dead.p99Ms / well.p99Ms }
  const row = (name: string, { p50Ms, p99Ms }: Latency) => [name, figure(p50Ms, 2), figure(p99Ms, 2)]
  const target = (name: 'p50' | 'p99') =>
    atMost(
      `${name} beside a gateway that never responds at most ${AT_MOST} times that beside one that responds`,
      { value: ratios[name], limit: AT_MOST, unit: 'times' },
    )
  return {
    tables: [
      {
        title: `From sending to the poke, ${ROOMS * PUSHERS} pushers on one gateway and the same number on another`,
        columns: ['the other gateway', 'p50 ms', 'p99 ms'],
        rows: [row('responds', well), row('never responds', dead)],
      },
    ],
    targets: [target('p50'), target('p99')],
    figures: { well: rounded(well), dead: rounded(dead), requestsToTheDead: requests },
  }
}
