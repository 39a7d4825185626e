import type { Benchmark, Report } from './benchmark.ts'
import { type Backlog, buildBacklog, type BacklogDelivery, drainBacklog } from './support/backlog.ts'
import { createLoad } from './support/load.ts'
import { type Program, temporaryFolder } from './support/processes.ts'
import { launchMeteredBelfry } from './support/programs.ts'
import { type Receiver, startReceiver } from './support/receiver.ts'
import { cpuCells, cpuColumns, inTurns, medians, type Side } from './support/rounds.ts'
import { openSeed, type SeededRoom } from './support/seed.ts'
import type { StatementTime } from './support/sqlite-meter.ts'
import { medianOf, rounded } from './support/stats.ts'
import { figure, type Table } from './support/table.ts'
import { atMost } from './support/target.ts'

// The backlog of one pusher, by its depth: the time in SQLite for a poke must not grow with the number of
// queued events.

const DEPTHS = [40, 400, 4000] as const
const ROUNDS = 3
const SENDING_CONNECTIONS = 64
/** A statement that runs less often belongs to a sweeper. One read can be for 14 pokes. */
const MIN_COUNT = 0.03
const MAX_READING_MICROS = 10
const MAX_GROWTH = 1.5

type Statements = readonly StatementTime[]
type Round = { delivery: BacklogDelivery; statements: Statements }
/** The figures of one depth. `sqliteMicros`: all statements of one poke. */
type Line = BacklogDelivery & { depth: number; sqliteMicros: number; statements: Statements }

export const backlog: Benchmark = {
  name: 'backlog',
  about:
    'the backlog of one pusher, 40 to 4,000 events: pokes per second, and the time in SQLite for each poke',
  method: [
    '40, 400 and 4,000 messages wait for one pusher, built and delivered as in `delivery`.',
    '`bench/support/sqlite-meter.ts` runs in the server and measures each statement of the main thread. The time of a poke is the sum over its statements, each with its median, so that the time in which other programs use the core does not count.',
  ],
  async run() {
    await using receiver = await startReceiver()
    using data = temporaryFolder()
    const rooms = await seedRooms(data.path, receiver.gateway)
    await using program = await launchMeteredBelfry(data.path)
    await using load = createLoad(program.url, SENDING_CONNECTIONS)
    const drain = (messages: number) => {
      const room = rooms.get(messages) as SeededRoom
      return drainOnce({ receiver, server: { program, load } }, { messages, pushers: 1, room })
    }
    for (const messages of DEPTHS) await drain(messages)
    const rounds = await inTurns(DEPTHS.map(String), ROUNDS, (name) => drain(Number(name)))
    return report(DEPTHS.map((depth) => lineOf(depth, rounds[`${depth}`] ?? [])))
  },
}

async function seedRooms(data: string, gateway: string): Promise<Map<number, SeededRoom>> {
  await using seed = await openSeed(data, gateway)
  const rooms = new Map<number, SeededRoom>()
  for (const depth of DEPTHS) rooms.set(depth, await seed.addRoom(2, 1))
  return rooms
}

async function drainOnce(
  { receiver, server }: { receiver: Receiver; server: Side },
  one: Backlog,
): Promise<Round> {
  await buildBacklog(receiver, server, one)
  await statementsOf(server.program)
  const delivery = await drainBacklog(receiver, server, one)
  const all = await statementsOf(server.program)
  const statements = all
    .map((each) => ({ ...each, count: each.count / one.messages }))
    .filter(({ count }) => count >= MIN_COUNT)
  return { delivery, statements }
}

const statementsOf = async (program: Program) => (await program.ask()) as StatementTime[]

function lineOf(depth: number, rounds: readonly Round[]): Line {
  const statements = [...new Set(rounds.flatMap((one) => one.statements.map(({ sql }) => sql)))].map(
    (sql) => {
      const found = rounds.flatMap((one) => one.statements.filter((each) => each.sql === sql))
      return { sql, count: medianOf(found, (one) => one.count), micros: medianOf(found, (one) => one.micros) }
    },
  )
  const sqliteMicros = microsOf(statements)
  return { depth, ...medians(rounds.map(({ delivery }) => delivery)), sqliteMicros, statements }
}

/** The time of these statements for one poke. */
const microsOf = (statements: Statements) =>
  statements.reduce((sum, { count, micros }) => sum + count * micros, 0)

function report(lines: readonly Line[]): Report {
  const [first, last] = [lines[0], lines.at(-1)]
  if (!first || !last) throw new Error('nothing was measured')
  const growth = last.sqliteMicros / first.sqliteMicros
  const reading = microsOf(last.statements.filter(isReading))
  return {
    tables: [drainTable(lines), statementTable(lines, last)],
    targets: [
      atMost(
        `SQLite time of a poke with ${figure(last.depth)} events at most ${MAX_GROWTH} times that with ${figure(first.depth)}`,
        { value: growth, limit: MAX_GROWTH, unit: 'times' },
      ),
      atMost(
        `${figure(last.depth)} events: the reading statements of a poke together within ${MAX_READING_MICROS} µs`,
        { value: reading, limit: MAX_READING_MICROS, unit: 'µs' },
      ),
    ],
    figures: {
      growth: rounded({ growth }).growth,
      depths: lines.map(({ statements, ...line }) => ({
        ...rounded(line),
        statements: statements.map(roundedStatement),
      })),
    },
  }
}

const roundedStatement = ({ sql, ...numbers }: StatementTime) => ({ sql, ...rounded(numbers) })
const isReading = ({ sql }: StatementTime) =>
  /^\s*(select|with)\b/i.test(sql) && !/\b(insert|update|delete)\b/i.test(sql)

const DRAIN_COLUMNS = ['events', 'pokes/s', 'CPU µs/poke', 'statements', 'SQLite µs/poke', 'reading, µs/poke']

function drainTable(lines: readonly Line[]): Table {
  return {
    title: 'Delivery of the backlog of one pusher',
    columns: DRAIN_COLUMNS.concat(cpuColumns),
    rows: lines.map((one) => [
      figure(one.depth),
      figure(one.pokesPerSecond),
      figure(one.serverCpuMicrosPerPoke),
      figure(
        one.statements.reduce((sum, { count }) => sum + count, 0),
        1,
      ),
      figure(one.sqliteMicros, 1),
      figure(microsOf(one.statements.filter(isReading)), 1),
      ...cpuCells(one),
    ]),
  }
}

function statementTable(lines: readonly Line[], { statements }: Line): Table {
  const microsAt = (line: Line, sql: string) => line.statements.find((one) => one.sql === sql)?.micros
  return {
    title: 'The statements of one poke: median time in µs, by the number of events',
    columns: ['', 'for each poke', ...lines.map(({ depth }) => figure(depth))],
    rows: statements
      .toSorted((one, other) => other.count * other.micros - one.count * one.micros)
      .map(({ sql, count }) => [
        sql.replaceAll(/\s+/g, ' ').slice(0, 70),
        figure(count, 1),
        ...lines.map((line) => figure(microsAt(line, sql) ?? Number.NaN, 1)),
      ]),
  }
}
