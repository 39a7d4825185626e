import { setTimeout } from 'node:timers/promises'
import { openDatabase } from '../../src/storage/open-database.ts'
import { query } from '../../src/storage/query.ts'
import { call, foundingPusher, registerUser, type TestUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog } from '../support/log.ts'
import { type LoggingGateway, startLoggingGateway } from './gateway.ts'
import { createOwedPokes, type OwedPokes } from './owed-pokes.ts'
import { type CrashTarget, GATEWAY_APP } from './crash-target.ts'
import { checkRun, type CrashRunResult } from './check-run.ts'
import type { Death, ReceivedPoke, RunRecord } from './run-record.ts'
import { type SeededRandom, seededRandom } from './seeded-random.ts'

// Kills a process with SIGKILL, or stops one for a time, at random moments while messages are sent as fast as
// they are accepted, and starts it again each time. Senders retry until the server acknowledges the message,
// as clients do. Some receivers send read receipts. At the end the pokes that the gateway received are
// checked against the guarantees.

export type CrashRun = {
  seed: number
  kills: number
  target: CrashTarget
  /** Of the target: `sqlite:PATH` or `postgres://…`. */
  database: string
  /** Senders have no pushers; receivers have one each, and every third of them two. */
  size?: { rooms: number; senders: number; receivers: number }
  /** The longest time from the ready line to the kill, in milliseconds. */
  longestLife?: number
  /**
   * Each process acknowledges at least this many messages before it is killed, on a slow machine too. With
   * this option no process is killed during its start.
   */
  acknowledgedPerLife?: number
  /** Senders pause while more than this number of pokes are expected for one pusher. */
  longestQueue?: number
  /** After this time without a poke, the missing ones count as lost. */
  patienceMs?: number
  /** The longest time from the response to the sender until the poke; without it, delays are only reported. */
  latestMs?: number
  /**
   * Senders also retry after 503 and 408: a process that is stopped while it has locks keeps the others
   * waiting for up to 10 s.
   */
  retryUnavailable?: boolean
  /** Called after each kill. */
  onKill?: (figures: { kills: number; sent: number; pokes: number }) => void
}

/** With fewer messages in the queues, a server that is killed often has nothing to continue with. */
const LONGEST_QUEUE = 200
const SIZE = { rooms: 4, senders: 6, receivers: 24 }
/**
 * Further receivers, whose pokes go through the push gateways of the target, if it has some. Each is in one
 * room, so a slow push delays few.
 */
const AT_GATEWAYS = 6

type Receiver = { user: TestUser; pushkeys: string[]; rooms: Set<string>; reads: boolean }

type Run = CrashRun & {
  random: SeededRandom
  gateway: LoggingGateway
  receivers: Receiver[]
  /** Only their messages are judged: the database may have others. */
  rooms: readonly string[]
  acknowledged: Map<string, { eventId: string; at: number }>
  /** The last acknowledged event id, by room. */
  newest: Map<string, string>
  /** Event ids of the receipts that may have been accepted, by user. */
  read: Map<string, Set<string>>
  deaths: Death[]
  owed: OwedPokes
  /** Responses with 503 or 408. */
  unavailable: number
  isOver: boolean
}

/** Runs the whole crash test. Resolves to the problems and figures. */
export async function crashRun(options: CrashRun): Promise<CrashRunResult> {
  const random = seededRandom(options.seed)
  await using gateway = await startLoggingGateway(random)
  const run: Run = {
    ...options,
    random,
    gateway,
    receivers: [],
    rooms: [],
    acknowledged: new Map(),
    newest: new Map(),
    read: new Map(),
    deaths: [],
    owed: createOwedPokes(),
    unavailable: 0,
    isOver: false,
  }
  try {
    const { senders, rooms } = await createUsers(run)
    run.rooms = rooms
    const reading = startReaders(run)
    const sending = senders.map((sender, at) => sendUntilOver(run, { sender, name: `s${at}`, rooms }))
    await killRepeatedly(run)
    run.isOver = true
    await Promise.all(sending)
    await reading()
    return await waitForExpectedPokes(run)
  } finally {
    run.isOver = true
  }
}

/** Creates the rooms, the senders, and the receivers with their pushers. */
async function createUsers(run: Run): Promise<{ senders: TestUser[]; rooms: string[] }> {
  const { size: { rooms: roomCount, senders: senderCount, receivers: receiverCount } = SIZE, random } = run
  const url = await run.target.url()
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
  if (run.target.gatewayUrl !== undefined) await createUsersOfGateways(run, rooms, run.target.gatewayUrl)
  return { senders, rooms }
}

async function createUsersOfGateways(run: Run, rooms: readonly string[], gatewayUrl: string): Promise<void> {
  const url = await run.target.url()
  for (let n = 0; n < AT_GATEWAYS; n++) {
    const user = await registerUser(url, `browser${n}`)
    const roomId = rooms[n % rooms.length] ?? ''
    await user.post(`/join/${encodeURIComponent(roomId)}`)
    const pushkey = `${run.gateway.pushUrl}${n}`
    await user.post('/pushers/set', foundingPusher(gatewayUrl, { pushkey, app_id: GATEWAY_APP }))
    run.receivers.push({ user, pushkeys: [pushkey], rooms: new Set([roomId]), reads: n % 3 === 1 })
    run.read.set(user.userId, new Set())
  }
}

/** Repeats a request until a server responds to it. Resolves to undefined if the run ended first. */
async function callUntilResponse(
  run: Run,
  request: { method: string; path: string; token: string; body: unknown; evenWhenOver?: boolean },
): Promise<Record<string, unknown> | undefined> {
  const { method, path, token, body } = request
  while (!run.isOver || request.evenWhenOver) {
    try {
      const response = await call(`${await run.target.url()}/_matrix/client/v3${path}`, {
        method,
        token,
        body,
      })
      if (response.status === 200) return response.body
      if (isPassing(response.status) && run.retryUnavailable === true) {
        run.unavailable++
        await setTimeout(20)
        continue
      }
      // A server that is being killed may close the connection.
      throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(response.body)}`)
    } catch (error) {
      if (!isCutOff(error)) throw error
      await setTimeout(5)
    }
  }
  return undefined
}

/** 503: the database is busy. 408: the process was stopped (SIGSTOP) before it had read the whole request. */
const isPassing = (status: number) => status === 503 || status === 408

const isCutOff = (error: unknown) =>
  error instanceof TypeError || (error instanceof Error && /before it was ready|JSON/.test(error.message))

async function sendUntilOver(
  run: Run,
  { sender, name, rooms }: { sender: TestUser; name: string; rooms: readonly string[] },
): Promise<void> {
  for (let n = 0; !run.isOver; n++) {
    while (run.owed.longest() > (run.longestQueue ?? LONGEST_QUEUE) && !run.isOver) {
      await setTimeout(5)
      if (isQuiet(run)) run.owed.forgive()
    }
    const tag = `${name}-${n}`
    const roomId = run.random.pick(rooms)
    const path = `/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${tag}`
    // Every request is repeated until it gets a response, so every sent message is acknowledged.
    const response = await callUntilResponse(run, {
      method: 'PUT',
      path,
      token: sender.token,
      body: { msgtype: 'm.text', body: tag },
      evenWhenOver: true,
    })
    const eventId = String(response?.['event_id'])
    run.acknowledged.set(tag, { eventId, at: Date.now() })
    run.newest.set(roomId, eventId)
    for (const { pushkeys, rooms: joined } of run.receivers)
      if (joined.has(roomId)) for (const pushkey of pushkeys) run.owed.add(pushkey, { roomId, eventId })
  }
}

/** Longer than until another process sends what a dead one held. */
const QUIET_MS = 15_000

/** No poke has arrived for so long that those which are still expected were for events that were read first. */
const isQuiet = ({ gateway }: Run): boolean =>
  Date.now() - (gateway.pokes.at(-1)?.at ?? Date.now()) > QUIET_MS

/** Sends read receipts for some of the pokes of some receivers. The result waits for the responses to all receipts. */
function startReaders(run: Run): () => Promise<void> {
  const readers = new Map(
    run.receivers
      .filter(({ reads }) => reads)
      .flatMap((one) => one.pushkeys.map((key) => [key, one] as const)),
  )
  const pending = new Set<Promise<unknown>>()
  const busy = new Set<Receiver>()
  const read = async ({ user, pushkeys }: Receiver, poke: ReceivedPoke) => {
    const { roomId = '' } = poke
    // Either the event of the poke, or the newest event of the room.
    const eventId = (run.random.below(2) === 0 ? run.newest.get(roomId) : undefined) ?? poke.eventId ?? ''
    run.read.get(user.userId)?.add(eventId)
    const path = `/rooms/${encodeURIComponent(roomId)}/receipt/m.read/${encodeURIComponent(eventId)}`
    await callUntilResponse(run, { method: 'POST', path, token: user.token, body: {}, evenWhenOver: true })
    // A message that is read first needs no poke.
    for (const pushkey of pushkeys) run.owed.received({ pushkey, roomId, eventId })
  }
  run.gateway.onPoke = (poke: ReceivedPoke) => {
    run.owed.received(poke)
    const receiver = readers.get(poke.pushkey)
    if (receiver === undefined || poke.eventId === undefined || run.isOver) return
    if (busy.has(receiver) || run.random.below(8) > 0) return
    busy.add(receiver)
    const one = read(receiver, poke).finally(() => {
      busy.delete(receiver)
      pending.delete(one)
    })
    pending.add(one)
  }
  return async () => void (await Promise.all(pending))
}

async function killRepeatedly(run: Run): Promise<void> {
  const { target, random, gateway, acknowledgedPerLife = 0 } = run
  for (let n = 0; n < run.kills; n++) {
    // One server in eight is killed during its start.
    if (acknowledgedPerLife === 0 && random.below(8) === 0) await setTimeout(random.below(400))
    else {
      await target.whole()
      const enough = run.acknowledged.size + acknowledgedPerLife
      await eventually(() => run.acknowledged.size >= enough)
      await setTimeout(random.below(run.longestLife ?? 1200))
    }
    const from = Date.now()
    const signalled = await target.kill(random)
    run.deaths.push({ from, to: Date.now(), ...signalled })
    gateway.kills++
    run.onKill?.({ kills: gateway.kills, sent: run.acknowledged.size, pokes: gateway.pokes.length })
    target.replace()
  }
}

/** Waits until the run has no problems, or until no poke has arrived for `patienceMs`. */
async function waitForExpectedPokes(run: Run): Promise<CrashRunResult> {
  await run.target.whole()
  let [seen, since] = [-1, Date.now()]
  for (;;) {
    const now = run.gateway.pokes.length
    if (now > seen) [seen, since] = [now, Date.now()]
    else {
      const result = checkRun(await recordOf(run))
      if (result.problems.length === 0 || Date.now() - since > (run.patienceMs ?? 60_000)) return result
    }
    await setTimeout(500)
  }
}

async function recordOf(run: Run): Promise<RunRecord> {
  const pokes = [...run.gateway.pokes]
  const { stored, shards, collapsed } = await messagesIn(run)
  const pushers = await Promise.all(
    run.receivers.map(async ({ user, pushkeys, rooms }) => {
      const badge = await badgeBySync(run, user)
      const read = eventsReadBy(stored, run.read.get(user.userId) ?? new Set())
      return pushkeys.map((pushkey) => {
        const isThroughGateways = pushkey.startsWith(run.gateway.pushUrl)
        if (!isThroughGateways) return { pushkey, rooms, read, badge }
        return { pushkey, rooms, read, badge, isThroughGateways, collapsed: collapsed.get(pushkey) }
      })
    }),
  )
  return {
    stored,
    acknowledged: run.acknowledged,
    pushers: pushers.flat(),
    pokes,
    kills: run.gateway.kills,
    isOrderedAcrossRooms: shards === 1,
    latestMs: run.latestMs,
    resumptions: run.target.resumptions,
    deaths: run.deaths,
    failedWrites: run.target.failedWrites,
    unavailable: run.unavailable,
  }
}

/** A receipt for an event reads all earlier events of its room. */
function eventsReadBy(stored: RunRecord['stored'], read: ReadonlySet<string>): Set<string> {
  const all = new Set<string>()
  const rooms = new Set<string>()
  for (const { eventId, roomId } of stored.toReversed()) {
    if (read.has(eventId)) rooms.add(roomId)
    if (rooms.has(roomId)) all.add(eventId)
  }
  return all
}

/** The badge from `/sync`: the number of rooms with unread notifications. */
async function badgeBySync(run: Run, { token }: TestUser): Promise<number> {
  type Room = { unread_notifications: { notification_count: number } }
  const filter = encodeURIComponent(JSON.stringify({ room: { timeline: { limit: 1 } } }))
  const { body } = await call(`${await run.target.url()}/_matrix/client/v3/sync?filter=${filter}`, { token })
  const rooms = Object.values((body as { rooms?: { join?: Record<string, Room> } }).rooms?.join ?? {})
  return rooms.filter((room) => room.unread_notifications.notification_count > 0).length
}

type InDatabase = {
  stored: RunRecord['stored']
  /** The events of which a later one was sent instead, by pushkey. */
  collapsed: ReadonlyMap<string, ReadonlySet<string>>
  shards: number
}

/** All messages of the rooms in the database, by stream position, and the number of shards of the stream. */
async function messagesIn({ database, rooms }: Run): Promise<InDatabase> {
  await using db = await openDatabase(database, silentLog)
  const rows = await db.all(allMessages, {})
  const shards = (await db.all(streamRows, {})).length
  const ofRun = rows.filter(({ room_id: roomId }) => rooms.includes(roomId))
  const stored = ofRun.map(({ event_id: eventId, room_id: roomId, content, position }) => ({
    eventId,
    roomId,
    position,
    tag: String((JSON.parse(content) as { body?: unknown }).body),
  }))
  const ofPushers = Map.groupBy(await db.all(collapsedMessages, {}), ({ pushkey }) => pushkey)
  const collapsed = new Map(
    [...ofPushers].map(([pushkey, events]) => [pushkey, new Set(events.map((one) => one.event_id))]),
  )
  return { stored, shards, collapsed }
}

const streamRows = query()((db) => db.selectFrom('stream').select('id'))

const allMessages = query()((db) =>
  db
    .selectFrom('events')
    .select(['event_id', 'room_id', 'content', 'position'])
    .where('type', '=', 'm.room.message')
    .orderBy('position'),
)

const collapsedMessages = query()((db) =>
  db
    .selectFrom('trace_steps as t')
    .innerJoin('events as e', 'e.position', 't.position')
    .innerJoin('pushers as p', 'p.pusher_id', 't.pusher_id')
    .where('t.steps', 'like', '%"skipped","collapsed"%')
    .select(['p.pushkey', 'e.event_id']),
)
