import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RoomId, UserId } from '../../src/lib/ids.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { badgeOf } from '../../src/notifications/badge.ts'
import { outcomeOf, unreadCounts } from '../../src/notifications/counts.ts'
import { isRead } from '../../src/notifications/read.ts'
import type { NotifiableEvent } from '../../src/notifications/event.ts'
import { listNotifications } from '../../src/notifications/list.ts'
import {
  type CompiledRules,
  compileRules,
  defaultRules,
  evaluate,
  type Outcome,
  prepareEvent,
} from '../../src/push-rules/index.ts'
import { onEachDatabase } from '../support/databases.ts'
import { badgeDueOf, badgeRoomsOf, type House, openHouse, outboxOf, room, user } from './house.ts'

// The counts against a slow and obvious recount: every event of the history, evaluated for each person with all of
// their rules, and struck out if a redaction, a leave or a reading says so.

const HISTORIES = { sqlite: 50, postgres: 12 }
const STEPS = { minLength: 15, maxLength: 40 }
const NAMES = ['ann', 'bob', 'cat', 'dan']
/** A plain name, one of two words, one without any ASCII word, none. */
const DISPLAY_NAMES = ['Ann', 'Bob Builder', '🙂', null]

type Seen = {
  event: NotifiableEvent
  memberCount: number
  names: Map<UserId, string | null>
  redacted: boolean
}
type Stay = { joinedAt: number; reads: { threadId: string; position: number }[] }

class Model {
  readonly users: UserId[]
  readonly rooms: RoomId[]
  readonly events: Seen[] = []
  readonly stays = new Map<string, Stay>()
  /** Since which position, for those who are invited now. */
  readonly invited = new Map<string, number>()
  readonly names = new Map<UserId, string | null>()
  readonly pushers = new Map<UserId, number>()
  readonly pokes = new Map<UserId, number[]>()
  readonly #rules = new Map<UserId, CompiledRules>()

  constructor(run: string) {
    this.users = NAMES.map((name) => user(`${name}${run}`))
    this.rooms = [room(`one${run}`), room(`two${run}`)]
    for (const [at, userId] of this.users.entries()) {
      const localpart = userId.slice(1, userId.indexOf(':'))
      this.names.set(userId, DISPLAY_NAMES[at] ?? null)
      this.#rules.set(userId, compileRules(defaultRules({ userId, localpart, legacyMentionRules: true })))
    }
  }

  membersOf(roomId: RoomId): UserId[] {
    return this.users.filter((userId) => this.stays.has(key(userId, roomId)))
  }

  outcomeFor(userId: UserId, { event, memberCount, names }: Seen): Outcome {
    const { type, stateKey, sender, roomId, content } = event
    const stateful = stateKey === null ? {} : { state_key: stateKey }
    const prepared = prepareEvent({ type, sender, room_id: roomId, content, ...stateful })
    const displayName = names.get(userId) ?? undefined
    const context = { userId, displayName, memberCount, powerLevels: powerLevels(this), creators: [] }
    return evaluate(this.#rules.get(userId) as CompiledRules, prepared, context)
  }

  /** All that a user was notified of and may still see. */
  notified(userId: UserId): { seen: Seen; outcome: Outcome; read: boolean }[] {
    return this.events.flatMap((seen) => {
      const { event } = seen
      const stay = this.stays.get(key(userId, event.roomId))
      const invitedAt = this.invited.get(key(userId, event.roomId))
      if (seen.redacted || event.sender === userId) return []
      const isInvitation = invitedAt !== undefined && event.stateKey === userId && event.position >= invitedAt
      if (!isInvitation && (!stay || event.position <= stay.joinedAt)) return []
      const outcome = this.outcomeFor(userId, seen)
      return outcome.notify ? [{ seen, outcome, read: isReadIn(stay, event) }] : []
    })
  }
}

const powerLevels = (model: Model) => ({ users: { [model.users[0] as string]: 100 } })
const key = (userId: UserId, roomId: RoomId) => `${userId} ${roomId}`

function isReadIn(stay: Stay | undefined, event: NotifiableEvent): boolean {
  const reads = stay?.reads ?? []
  return reads.some(
    (read) => (read.threadId === '' || read.threadId === event.threadId) && read.position >= event.position,
  )
}

/** What happens next: numbers that are read as indexes, so that every history can be shrunk. */
type Step = { kind: string; user: number; other: number; room: number; pick: number; form: number }

const small = fc.nat({ max: 11 })
const WEIGHTS = { send: 9, read: 4, redact: 2, leave: 2, join: 2, invite: 3, pusher: 1, rename: 1 }
const kinds = fc.oneof(
  ...Object.entries(WEIGHTS).map(([kind, weight]) => ({ weight, arbitrary: fc.constant(kind) })),
)
const step: fc.Arbitrary<Step> = fc.record({
  kind: kinds,
  user: fc.nat({ max: 3 }),
  other: fc.nat({ max: 3 }),
  room: fc.nat({ max: 1 }),
  pick: small,
  form: small,
})

function messageOf(model: Model, { form, other, pick }: Step): { content: JsonObject; type?: string } {
  const target = model.users[other] as UserId
  const body = [
    'hello',
    `hey ${model.names.get(target) ?? 'you'}!`,
    `${target.slice(1, target.indexOf(':'))}: look`,
    '@room everybody',
  ][pick % 4] as string
  const mention = { user_ids: [target, '@stranger:test', target] }
  const plain = { msgtype: 'm.text', body }
  const forms: JsonObject[] = [
    plain,
    { ...plain, 'm.mentions': {} },
    { ...plain, 'm.mentions': mention },
    { ...plain, 'm.mentions': { room: true } },
    { ...plain, 'm.mentions': { ...mention, room: true } },
    { msgtype: 'm.notice', body, 'm.mentions': mention },
    { ...plain, 'm.relates_to': { rel_type: 'm.replace', event_id: '$e' } },
    { ...plain, 'm.relates_to': { rel_type: 'm.replace', event_id: '$e' }, 'm.mentions': mention },
    { ...plain, 'm.mentions': 7 },
  ]
  const content = forms[form]
  if (content) return { content }
  return form === 9 ? { type: 'm.reaction', content: {} } : { content: plain }
}

/** Does one step to both; true if it could be done. */
async function perform(house: House, model: Model, next: Step): Promise<boolean> {
  const userId = model.users[next.user] as UserId
  const roomId = model.rooms[next.room] as RoomId
  const place = key(userId, roomId)
  const stay = model.stays.get(place)
  switch (next.kind) {
    case 'send': {
      if (!stay) return false
      const threadId = ['main', 'main', '$t1', '$t2'][next.pick % 4] as string
      house.context = contextOf(house, model, roomId)
      saw(model, await house.send({ roomId, sender: userId, threadId, ...messageOf(model, next) }))
      return true
    }
    case 'read': {
      const inRoom = model.events.filter(({ event }) => event.roomId === roomId)
      const event = inRoom.at(-1 - next.pick)?.event
      if (!event) return false
      const threadId = ['', 'main', event.threadId, '$t1'][next.form % 4] as string
      const { position } = event
      const moved = await house.read({ userId, roomId, threadId, position })
      if (moved) assert.ok(stay, 'only members read')
      stay?.reads.push({ threadId, position })
      return true
    }
    case 'redact': {
      const seen = model.events.filter(({ event }) => event.roomId === roomId).at(-1 - next.pick)
      if (!stay || !seen || seen.redacted) return false
      await house.redact(roomId, seen.event.position)
      seen.redacted = true
      return true
    }
    case 'pusher':
      await togglePusher(house, model, userId)
      return true
    default:
      return performMembership(house, model, { ...next, userId, roomId })
  }
}

async function togglePusher(house: House, model: Model, userId: UserId): Promise<void> {
  if (model.pushers.delete(userId)) {
    model.pokes.delete(userId)
    await house.removePushers(userId)
  } else {
    model.pokes.set(userId, [])
    model.pushers.set(userId, await house.addPusher(userId))
  }
}

async function performMembership(
  house: House,
  model: Model,
  { kind, userId, roomId, other }: { kind: string; userId: UserId; roomId: RoomId; other: number },
): Promise<boolean> {
  const place = key(userId, roomId)
  const stay = model.stays.get(place)
  const invitedAt = model.invited.get(place)
  const before = stay ? 'join' : invitedAt === undefined ? 'leave' : 'invite'
  const member = { roomId, userId, before, displayName: model.names.get(userId) ?? null } as const
  house.context = contextOf(house, model, roomId)
  if (kind === 'rename') {
    if (!stay) return false
    model.names.set(userId, model.names.get(userId) === 'Renamed' ? null : 'Renamed')
    for (const each of model.rooms.filter((one) => model.stays.has(key(userId, one))))
      saw(
        model,
        await house.setMember({
          ...member,
          roomId: each,
          membership: 'join',
          displayName: model.names.get(userId) ?? null,
        }),
      )
    return true
  }
  if (kind === 'join') {
    if (stay) return false
    const event = await house.setMember({ ...member, membership: 'join' })
    model.invited.delete(place)
    model.stays.set(place, { joinedAt: event.position, reads: [] })
    saw(model, event)
    return true
  }
  if (kind === 'leave') {
    if (!stay && invitedAt === undefined) return false
    saw(model, await house.setMember({ ...member, membership: 'leave' }))
    model.stays.delete(place)
    model.invited.delete(place)
    return true
  }
  const by = model.users[other] as UserId
  if (stay || !model.stays.has(key(by, roomId))) return false
  const event = await house.setMember({ ...member, by, membership: 'invite' })
  model.invited.set(place, invitedAt ?? event.position)
  saw(model, event)
  return true
}

function contextOf(house: House, model: Model, roomId: RoomId) {
  return {
    ...house.context,
    memberCount: model.membersOf(roomId).length,
    powerLevels: powerLevels(model),
  }
}

/** Writes down an event and who reads by sending it or must be poked for it. */
function saw(model: Model, event: NotifiableEvent): void {
  const memberCount = model.membersOf(event.roomId).length
  const seen = { event, memberCount, names: new Map(model.names), redacted: false }
  model.events.push(seen)
  const own = model.stays.get(key(event.sender, event.roomId))
  if (event.type !== 'm.room.member') own?.reads.push({ threadId: event.threadId, position: event.position })
  for (const [userId, pokes] of model.pokes) {
    if (model.notified(userId).some((item) => item.seen === seen)) pokes.push(event.position)
  }
}

async function compare(house: House, model: Model): Promise<void> {
  for (const userId of model.users) {
    const notified = model.notified(userId)
    await house.db.snapshot(async (q) => {
      const counts = await unreadCounts(q, userId, model.rooms)
      for (const roomId of model.rooms) {
        const unread = notified.filter(
          ({ seen, read }) => seen.event.roomId === roomId && !read && model.stays.has(key(userId, roomId)),
        )
        assert.deepEqual(counts.get(roomId), recount(unread), `counts of ${userId} in ${roomId}`)
      }
      const listed = await listNotifications(q, { userId, limit: 1000 })
      assert.deepEqual(
        listed.notifications.map(({ position, read, actions }) => ({ position, read, actions })),
        notified
          .map(({ seen, read, outcome }) => ({
            position: seen.event.position,
            read,
            actions: JSON.parse(JSON.stringify(outcome.actions)),
          }))
          .toReversed(),
        `notifications of ${userId}`,
      )
      const badge = (await q.all(badgeRoomsOf, { userId })).map((row) => row.room_id)
      assert.deepEqual(badge, badgeRooms(model, userId, notified), `badge of ${userId}`)
      assert.equal(await badgeOf(q, userId), badge.length)
      const queued = (await q.all(outboxOf, { userId })).map((row) => row.position)
      assert.deepEqual(queued, model.pokes.get(userId) ?? [], `pokes of ${userId}`)
      const last = notified.at(-1)
      if (last) await compareOne(q, userId, last)
    })
  }
}

async function compareOne(
  q: House['db'] | Parameters<Parameters<House['db']['snapshot']>[0]>[0],
  userId: UserId,
  { seen: { event }, outcome, read }: { seen: Seen; outcome: Outcome; read: boolean },
): Promise<void> {
  const { roomId, threadId, position } = event
  assert.equal(await isRead(q, { userId, roomId, threadId, position }), read)
  const stored = await outcomeOf(q, { userId, roomId, position })
  assert.deepEqual(stored && { notify: stored.notify, highlight: stored.highlight, rule: stored.rule }, {
    notify: outcome.notify,
    highlight: outcome.highlight,
    rule: { ...outcome.rule },
  })
}

function recount(unread: readonly { seen: Seen; outcome: Outcome }[]) {
  const count = (items: readonly { outcome: Outcome }[]) => ({
    notifications: items.length,
    highlights: items.filter(({ outcome }) => outcome.highlight).length,
  })
  const threads = Map.groupBy(unread, ({ seen }) => seen.event.threadId)
  const main = count(threads.get('main') ?? [])
  threads.delete('main')
  return {
    ...count(unread),
    main,
    threads: new Map([...threads].map(([thread, items]) => [thread, count(items)])),
  }
}

function badgeRooms(model: Model, userId: UserId, notified: ReturnType<Model['notified']>): RoomId[] {
  if (!model.pushers.has(userId)) return []
  return model.rooms.filter(
    (roomId) =>
      model.invited.has(key(userId, roomId)) ||
      notified.some(({ seen, read }) => seen.event.roomId === roomId && !read),
  )
}

/** A badge that shrank without a poke is flagged, and nothing else is; whoever has something to tell is woken. */
async function watched(house: House, model: Model, act: () => Promise<boolean>): Promise<boolean> {
  const look = async () => {
    const states = new Map<UserId, { badge: number; due: number; queued: number }>()
    for (const userId of model.users) {
      const [pusher] = await house.db.all(badgeDueOf, { userId })
      if (!pusher) continue
      const queued = (await house.db.all(outboxOf, { userId })).length
      states.set(userId, { badge: await badgeOf(house.db, userId), due: pusher.badge_due, queued })
    }
    return states
  }
  const before = await look()
  house.woken.length = 0
  const done = await act()
  const after = await look()
  for (const [userId, now] of after) {
    const then = before.get(userId)
    if (!then) continue
    const flagged = now.due > then.due
    const told = now.queued > then.queued
    assert.equal(flagged, now.badge < then.badge, `flag of ${userId}`)
    if (now.badge > then.badge) assert.ok(told, `a poke tells ${userId} of the larger badge`)
    const woken = house.woken.includes(model.pushers.get(userId) ?? -1)
    assert.equal(woken, flagged || told, `wake-up of ${userId}`)
  }
  return done
}

let runs = 0

onEachDatabase('counts', (open) => {
  test('agree with a recount after every step of any history', async (t) => {
    const db = await open(t)
    const histories = HISTORIES[db.dialect]
    let performed = 0
    let unread = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, STEPS), async (steps) => {
        const model = new Model(String(runs++))
        const house = openHouse(db)
        for (const userId of model.users.slice(0, 3)) {
          for (const roomId of model.rooms)
            await performMembership(house, model, { kind: 'join', userId, roomId, other: 0 })
        }
        // One who is in both rooms, and one who is yet to be invited.
        for (const at of [1, 3]) await togglePusher(house, model, model.users[at] as UserId)
        for (const next of steps) {
          if (!(await watched(house, model, () => perform(house, model, next)))) continue
          performed++
          await compare(house, model)
          unread += model.users.filter((userId) => model.notified(userId).some((item) => !item.read)).length
        }
      }),
      { numRuns: histories },
    )
    assert.ok(performed > histories * 5, 'the histories had something in them')
    assert.ok(unread > histories * 5, 'and something to count')
  })
})
