import type { Benchmark } from './benchmark.ts'
import { createLoad, type Load } from './support/load.ts'
import { syncsPerSecond } from './support/machine.ts'
import { cpuMs, temporaryFolder } from './support/processes.ts'
import { launchBelfry } from './support/programs.ts'
import { openSeed, type SeededRoom } from './support/seed.ts'
import { medianOf, rounded } from './support/stats.ts'
import { figure, percent } from './support/table.ts'
import { atLeast } from './support/target.ts'

const SENDERS = 64
const ROUNDS = 5
const ROUND_MS = 1000
const MIN_GAIN = 3
/** No pusher is set in this benchmark. */
const NO_GATEWAY = 'http://127.0.0.1:9/'

export const groupCommit: Benchmark = {
  name: 'group-commit',
  about:
    'messages accepted per second, from one sender and from 64 concurrent senders; each is durable before its response',
  method: [
    'Accepted messages per second without pushers, from one sender that waits for each response and from 64 concurrent senders that share commits.',
    'The disk alone, writing 4 KiB and making it durable, is measured in the same run.',
  ],
  async run(options) {
    using data = temporaryFolder()
    const rooms = await seedRooms(data.path)
    const bareSyncs = syncsPerSecond(data.path, 1000)
    await using server = await launchBelfry(data.path, options)
    await using load = createLoad(server.url, SENDERS)
    const rounds: { one: Round[]; many: Round[] } = { one: [], many: [] }
    await round(load, rooms, server.pid)
    for (let at = 0; at < ROUNDS; at++) {
      rounds.one.push(await round(load, rooms.slice(0, 1), server.pid))
      rounds.many.push(await round(load, rooms, server.pid))
    }
    const [one, many] = [mediansOf(rounds.one), mediansOf(rounds.many)]
    const gain = many.messagesPerSecond / one.messagesPerSecond
    return {
      tables: [
        {
          title: 'Messages accepted, to rooms without pushers',
          columns: ['', 'messages/s', 'server CPU', 'load CPU'],
          rows: [
            ['bare write and fdatasync of 4 KiB', figure(bareSyncs), '–', '–'],
            ['one sender', ...cells(one)],
            [`${SENDERS} senders at once`, ...cells(many)],
          ],
        },
      ],
      targets: [
        atLeast(`${SENDERS} senders at least three times one`, {
          value: gain,
          limit: MIN_GAIN,
          unit: 'times',
        }),
      ],
      figures: {
        gain: rounded({ gain }).gain,
        one: rounded(one),
        many: { senders: SENDERS, ...rounded(many) },
        bareSyncsPerSecond: Math.round(bareSyncs),
      },
    }
  },
}

type Round = { messagesPerSecond: number; serverCpu: number; loadCpu: number }

async function seedRooms(data: string): Promise<SeededRoom[]> {
  await using seed = await openSeed(data, NO_GATEWAY)
  const rooms: SeededRoom[] = []
  while (rooms.length < SENDERS) rooms.push(await seed.addRoom(2, 0))
  return rooms
}

async function round(load: Load, senders: readonly SeededRoom[], pid: number): Promise<Round> {
  const before = [cpuMs(pid), cpuMs(process.pid)] as const
  const { count, startedAt, respondedAt } = await load.sendFor(senders, ROUND_MS)
  const tookMs = respondedAt - startedAt
  return {
    messagesPerSecond: (count * 1000) / tookMs,
    serverCpu: (cpuMs(pid) - before[0]) / tookMs,
    loadCpu: (cpuMs(process.pid) - before[1]) / tookMs,
  }
}

function mediansOf(rounds: readonly Round[]): Round {
  return {
    messagesPerSecond: medianOf(rounds, (one) => one.messagesPerSecond),
    serverCpu: medianOf(rounds, (one) => one.serverCpu),
    loadCpu: medianOf(rounds, (one) => one.loadCpu),
  }
}

const cells = (of: Round) => [figure(of.messagesPerSecond), percent(of.serverCpu), percent(of.loadCpu)]
