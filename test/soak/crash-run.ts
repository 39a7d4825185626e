import { setTimeout } from 'node:timers/promises'
import { openDatabase } from '../../src/storage/open-database.ts'
import { query } from '../../src/storage/query.ts'
import { call, foundingPusher, registerUser, type TestUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog } from '../support/log.ts'
import { launchProcess, type Launched } from '../support/process.ts'
import { type LoggingGateway, startLoggingGateway } from './gateway.ts'
import { judge, type SeenPoke, type Story, type CrashRunResult } from './judge.ts'
import { type Seeded, seeded } from './seeded.ts'

// A server that is killed with SIGKILL at moments that nobody chose, while messages are sent as fast as they are taken, and
// is started again each time. Whoever sends tries again until they are told that their message is there, as clients do;
// whoever receives reads now and then. In the end the gateway's log is held against what was promised.

export type CrashRun = {
  seed: number
  kills: number
  data: string
  /** `sqlite:PATH` or `postgres://…`. */
  database: string
  /** Senders have no pushers; receivers have one each, and every third of them two. */
  size?: { rooms: number; senders: number; receivers: number }
  /** The server lives for so long at most, in milliseconds from its ready line. */
  longestLife?: number
  /** Each process acknowledges at least this many messages before it is killed, however slow the machine is; none is killed while it starts. */
  acknowledgedPerLife?: number
  /** Nothing is sent while so many pokes are owed. */
  mostOwed?: number
  /** So long without a poke, and what is still owed will never come. */
  patienceMs?: number
  /** Told after each kill. */
  onKill?: (figures: { kills: number; sent: number; pokes: number }) => void
}

const SIZE = { rooms: 4, senders: 6, receivers: 24 }

type Receiver = { user: TestUser; pushkeys: string[]; rooms: Set<string>; reads: boolean }

type Run = CrashRun & {
  random: Seeded
  gateway: LoggingGateway
  /** The server of now: where it is once it is ready. */
  server: { launched: Launched; url: Promise<string> }
  receivers: Receiver[]
  acknowledged: Map<string, string>
  /** By room: what was acknowledged last. */
  newest: Map<string, string>
  /** By user: up to which of the events they may have read a room. */
  read: Map<string, Set<string>>
  isOver: boolean
}

/** Runs the whole story; resolves to what is wrong with it, and its figures. */
export async function crashRun(options: CrashRun): Promise<CrashRunResult> {
  const random = seeded(options.seed)
  await using gateway = await startLoggingGateway(random)
  const run: Run = {
    ...options,
    random,
    gateway,
    server: launch(options),
    receivers: [],
    acknowledged: new Map(),
    newest: new Map(),
    read: new Map(),
    isOver: false,
  }
  try {
    const { senders, rooms } = await settle(run)
    const reading = startReading(run)
    const sending = senders.map((sender, at) => sendUntilOver(run, { sender, name: `s${at}`, rooms }))
    await killAgainAndAgain(run)
    run.isOver = true
    await Promise.all(sending)
    await reading()
    return await waitForTheRest(run)
  } finally {
    run.isOver = true
    await run.server.launched.end('SIGKILL')
  }
}

function launch({ data, database }: Pick<CrashRun, 'data' | 'database'>): Run['server'] {
  const launched = launchProcess({ data, flags: ['--database', database] })
  return { launched, url: launched.ready }
}

/** Rooms, those who send, and those who are told. */
async function settle(run: Run): Promise<{ senders: TestUser[]; rooms: string[] }> {
  const { size: { rooms: roomCount, senders: senderCount, receivers: receiverCount } = SIZE, random } = run
  const url = await run.server.url
  const register = (name: string) => registerUser(url, name)
  const senders = await Promise.all(Array.from({ length: senderCount }, (_, n) => register(`sender${n}`)))
  const rooms: string[] = []
  for (let n = 0; n < roomCount; n++)
    rooms.push(await (senders[n % senderCount] as TestUser).createRoom({ preset: 'public_chat' }))
  const join = (user: TestUser, roomId: string) => user.post(`/join/${encodeURIComponent(roomId)}`)
  for (const sender of senders) for (const roomId of rooms) await join(sender, roomId)
  for (let n = 0; n < receiverCount; n++) {
    const user = await register(`receiver${n}`)
    const joined = new Set(rooms.filter((_, at) => at === n % roomCount || random.below(2) === 0))
    for (const roomId of joined) await join(user, roomId)
    const pushkeys = n % 3 === 0 ? [`phone-${n}`, `tablet-${n}`] : [`phone-${n}`]
    for (const pushkey of pushkeys)
      await user.post('/pushers/set', foundingPusher(run.gateway.url, { pushkey }))
    run.receivers.push({ user, pushkeys, rooms: joined, reads: n % 4 === 1 })
    run.read.set(user.userId, new Set())
  }
  return { senders, rooms }
}

/** The same request until it is answered, whichever server it takes. Undefined: it was given up, the run is over. */
async function insist(
  run: Run,
  request: { method: string; path: string; token: string; body: unknown; evenWhenOver?: boolean },
): Promise<Record<string, unknown> | undefined> {
  const { method, path, token, body } = request
  while (!run.isOver || request.evenWhenOver) {
    const { server } = run
    try {
      const answer = await call(`${await server.url}/_matrix/client/v3${path}`, { method, token, body })
      if (answer.status === 200) return answer.body
      // A server that is being killed may close the connection; it has nothing to say.
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    } catch (error) {
      if (!isCutOff(error)) throw error
      await setTimeout(5)
    }
  }
  return undefined
}

const isCutOff = (error: unknown) =>
  error instanceof TypeError || (error instanceof Error && /before it was ready|JSON/.test(error.message))

async function sendUntilOver(
  run: Run,
  { sender, name, rooms }: { sender: TestUser; name: string; rooms: readonly string[] },
): Promise<void> {
  for (let n = 0; !run.isOver; n++) {
    while (owed(run) > (run.mostOwed ?? 4000) && !run.isOver) await setTimeout(5)
    const tag = `${name}-${n}`
    const roomId = run.random.pick(rooms)
    const path = `/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${tag}`
    // What was begun is finished, so that every message is either acknowledged or was never begun.
    const answer = await insist(run, {
      method: 'PUT',
      path,
      token: sender.token,
      body: { msgtype: 'm.text', body: tag },
      evenWhenOver: true,
    })
    const eventId = String(answer?.['event_id'])
    run.acknowledged.set(tag, eventId)
    run.newest.set(roomId, eventId)
  }
}

/** How much the gateway has still to be told, roughly: what was read first is never told. */
function owed(run: Run): number {
  const perMessage = run.receivers.reduce((sum, one) => sum + one.pushkeys.length * one.rooms.size, 0)
  return (run.acknowledged.size * perMessage) / (run.size ?? SIZE).rooms - run.gateway.pokes.length
}

/** Some of those who are told read some of it. Resolves, when called, once all receipts are through. */
function startReading(run: Run): () => Promise<void> {
  const readers = new Map(
    run.receivers
      .filter(({ reads }) => reads)
      .flatMap((one) => one.pushkeys.map((key) => [key, one] as const)),
  )
  const underWay = new Set<Promise<unknown>>()
  const busy = new Set<Receiver>()
  const read = async ({ user }: Receiver, poke: SeenPoke) => {
    const { roomId = '' } = poke
    // As on the phone, the event that it was told of; or as at the desk, all that there is.
    const eventId = (run.random.below(2) === 0 ? run.newest.get(roomId) : undefined) ?? poke.eventId ?? ''
    run.read.get(user.userId)?.add(eventId)
    const path = `/rooms/${encodeURIComponent(roomId)}/receipt/m.read/${encodeURIComponent(eventId)}`
    await insist(run, { method: 'POST', path, token: user.token, body: {}, evenWhenOver: true })
  }
  run.gateway.onPoke = (poke: SeenPoke) => {
    const receiver = readers.get(poke.pushkey)
    if (receiver === undefined || poke.eventId === undefined || run.isOver) return
    if (busy.has(receiver) || run.random.below(8) > 0) return
    busy.add(receiver)
    const one = read(receiver, poke).finally(() => {
      busy.delete(receiver)
      underWay.delete(one)
    })
    underWay.add(one)
  }
  return async () => void (await Promise.all(underWay))
}

async function killAgainAndAgain(run: Run): Promise<void> {
  const { random, gateway, acknowledgedPerLife = 0 } = run
  for (let n = 0; n < run.kills; n++) {
    // One in eight dies while it is still starting.
    if (acknowledgedPerLife === 0 && random.below(8) === 0) await setTimeout(random.below(400))
    else {
      await run.server.url
      const enough = run.acknowledged.size + acknowledgedPerLife
      await eventually(() => run.acknowledged.size >= enough)
      await setTimeout(random.below(run.longestLife ?? 1200))
    }
    await run.server.launched.end('SIGKILL')
    gateway.kills++
    run.onKill?.({ kills: gateway.kills, sent: run.acknowledged.size, pokes: gateway.pokes.length })
    run.server = launch(run)
  }
}

/** Until all is as promised, or nothing has come for so long that it never will. */
async function waitForTheRest(run: Run): Promise<CrashRunResult> {
  let [seen, since] = [-1, Date.now()]
  for (;;) {
    const now = run.gateway.pokes.length
    if (now > seen) [seen, since] = [now, Date.now()]
    else {
      const result = judge(await storyOf(run))
      if (result.problems.length === 0 || Date.now() - since > (run.patienceMs ?? 60_000)) return result
    }
    await setTimeout(500)
  }
}

async function storyOf(run: Run): Promise<Story> {
  const pokes = [...run.gateway.pokes]
  const stored = await messagesIn(run.database)
  const pushers = await Promise.all(
    run.receivers.map(async ({ user, pushkeys, rooms }) => {
      const badge = await badgeBySync(run, user)
      const read = upTo(stored, run.read.get(user.userId) ?? new Set())
      return pushkeys.map((pushkey) => ({ pushkey, rooms, read, badge }))
    }),
  )
  return { stored, acknowledged: run.acknowledged, pushers: pushers.flat(), pokes, kills: run.gateway.kills }
}

/** Who reads an event has read what came before it in its room. */
function upTo(stored: Story['stored'], read: ReadonlySet<string>): Set<string> {
  const all = new Set<string>()
  const rooms = new Set<string>()
  for (const { eventId, roomId } of stored.toReversed()) {
    if (read.has(eventId)) rooms.add(roomId)
    if (rooms.has(roomId)) all.add(eventId)
  }
  return all
}

/** What a client would show: the number of rooms with something unread. */
async function badgeBySync(run: Run, { token }: TestUser): Promise<number> {
  type Room = { unread_notifications: { notification_count: number } }
  const filter = encodeURIComponent(JSON.stringify({ room: { timeline: { limit: 1 } } }))
  const { body } = await call(`${await run.server.url}/_matrix/client/v3/sync?filter=${filter}`, { token })
  const rooms = Object.values((body as { rooms?: { join?: Record<string, Room> } }).rooms?.join ?? {})
  return rooms.filter((room) => room.unread_notifications.notification_count > 0).length
}

/** All messages, from the database itself, in the order of the stream. */
async function messagesIn(url: string): Promise<Story['stored']> {
  await using db = await openDatabase(url, silentLog)
  const rows = await db.all(allMessages, {})
  return rows.map(({ event_id: eventId, room_id: roomId, content }) => ({
    eventId,
    roomId,
    tag: String((JSON.parse(content) as { body?: unknown }).body),
  }))
}

const allMessages = query()((db) =>
  db
    .selectFrom('events')
    .select(['event_id', 'room_id', 'content'])
    .where('type', '=', 'm.room.message')
    .orderBy('position'),
)
