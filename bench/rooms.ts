import { sendMessage } from '../src/rooms/send-event.ts'
import type { Benchmark, BenchOptions } from './benchmark.ts'
import { countingRows } from './support/counting-rows.ts'
import { createLoad, type Load } from './support/load.ts'
import { messageBody } from './support/message.ts'
import { monotonicMs } from './support/monotonic.ts'
import { cpuMs, type Program, temporaryFolder } from './support/processes.ts'
import { launchBelfry } from './support/programs.ts'
import { type Receiver, startReceiver } from './support/receiver.ts'
import { openSeed, roomDepsOf, type Seed, type SeededRoom } from './support/seed.ts'
import { median, rounded } from './support/stats.ts'
import { figure, type Table } from './support/table.ts'
import { atMost } from './support/target.ts'

const SIZES = [10, 1000, 10_000]
const PUSHERS = 5
const ROUNDS = 4
const MESSAGES = 150
const WARM_UP_MESSAGES = 300
const MAX_FOR_LARGE = 2

type Room = SeededRoom & { size: number; rowsWritten: number }
type Cost = { answerMs: number; cpuMs: number; allPokedMs: number }
type Setup = { load: Load; server: Program; receiver: Receiver }

export const rooms: Benchmark = {
  name: 'rooms',
  about: 'the cost of a message in rooms of 10, 1,000 and 10,000 members, 5 of them with pushers',
  method: [
    'Messages are sent one after the other to rooms of 10, 1,000 and 10,000 members; five members have pushers.',
    'Measured are the time to the response, the CPU of the server with all five pokes, and the rows that the transaction inserts, changes and deletes.',
  ],
  async run(options) {
    using data = temporaryFolder()
    await using receiver = await startReceiver()
    const seedStart = monotonicMs()
    const seeded = await seedRooms(data.path, receiver.gateway)
    const seedMs = monotonicMs() - seedStart
    const costs = await measure(data.path, { receiver, rooms: seeded, options })
    return report(seeded, costs, seedMs)
  },
}

async function seedRooms(data: string, gateway: string): Promise<Room[]> {
  await using seed = await openSeed(data, gateway)
  const found: Room[] = []
  for (const size of SIZES) {
    const room = await seed.addRoom(size, PUSHERS)
    found.push({ ...room, size, rowsWritten: await rowsOfMessage(seed, room) })
  }
  return found
}

/**
 * The number of rows that sending one message inserts, changes and deletes. Delivery later deletes its queue
 * items, which are not counted.
 */
async function rowsOfMessage(seed: Seed, { roomId, sender }: SeededRoom): Promise<number> {
  const counting = countingRows(seed.rooms.db)
  const deps = roomDepsOf(counting.db)
  const send = (txnId: string) =>
    sendMessage(deps, {
      roomId,
      sender: sender.userId,
      type: 'm.room.message',
      content: JSON.parse(messageBody(0)),
      transaction: { deviceId: sender.deviceId, txnId },
    })
  // The first message of a room writes more rows: the badges that later messages only change.
  await send('first')
  const before = counting.rows()
  await send('second')
  return counting.rows() - before
}

async function measure(
  data: string,
  { receiver, rooms: all, options }: { receiver: Receiver; rooms: readonly Room[]; options: BenchOptions },
): Promise<Map<number, Cost>> {
  await using server = await launchBelfry(data, options)
  await using load = createLoad(server.url, 1)
  const setup = { load, server, receiver }
  const rounds = new Map<number, Cost[]>(all.map((room) => [room.size, []]))
  for (const room of all) await sendInto(setup, room, WARM_UP_MESSAGES)
  for (let at = 0; at < ROUNDS; at++)
    for (const room of all) rounds.get(room.size)?.push(await sendInto(setup, room, MESSAGES))
  return new Map([...rounds].map(([size, costs]) => [size, mediansOf(costs)]))
}

/** Sends messages one after the other. The result is the cost of one message, including its pokes. */
async function sendInto({ load, server, receiver }: Setup, room: Room, messages: number): Promise<Cost> {
  await receiver.begin(load.next())
  const [cpuBefore, startedAt] = [cpuMs(server.pid), monotonicMs()]
  const responses: number[] = []
  while (responses.length < messages) responses.push(await load.send(room))
  const { lastAt } = await receiver.end(messages * PUSHERS)
  return {
    answerMs: median(responses),
    cpuMs: (cpuMs(server.pid) - cpuBefore) / messages,
    allPokedMs: (lastAt - startedAt) / messages,
  }
}

function mediansOf(costs: readonly Cost[]): Cost {
  const of = (figureOf: (cost: Cost) => number) => median(costs.map(figureOf))
  return rounded({
    answerMs: of((cost) => cost.answerMs),
    cpuMs: of((cost) => cost.cpuMs),
    allPokedMs: of((cost) => cost.allPokedMs),
  })
}

function report(all: readonly Room[], costs: ReadonlyMap<number, Cost>, seedMs: number) {
  const lines = all.flatMap(({ size, rowsWritten }) => {
    const cost = costs.get(size)
    return cost ? [{ members: size, ...cost, rowsWritten }] : []
  })
  const [smallest, largest] = [lines[0], lines.at(-1)]
  if (!smallest || !largest) throw new Error('no room was measured')
  const compare = (name: string, of: (line: (typeof lines)[number]) => number) => {
    return atMost(`${name} of a message to the room of 10,000 at most twice that to the room of 10`, {
      value: of(largest) / of(smallest),
      limit: MAX_FOR_LARGE,
      unit: 'times',
    })
  }
  const table: Table = {
    title: `One message to a room with ${PUSHERS} pushers (server CPU includes the pokes)`,
    columns: ['members', 'response ms', 'until all poked ms', 'server CPU ms', 'rows written'],
    rows: lines.map((line) => [
      figure(line.members),
      figure(line.answerMs, 2),
      figure(line.allPokedMs, 2),
      figure(line.cpuMs, 2),
      figure(line.rowsWritten),
    ]),
  }
  return {
    tables: [table],
    targets: [
      compare('time to the response', (line) => line.answerMs),
      compare('server CPU', (line) => line.cpuMs),
      compare('rows written', (line) => line.rowsWritten),
    ],
    figures: { perMessage: lines, seedMs: Math.round(seedMs) },
  }
}
