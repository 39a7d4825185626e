import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { RoomId, UserId } from '../../src/lib/ids.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import type { Event } from '../../src/lib/matrix-event.ts'
import type { NotificationsFixture } from './fixture.ts'
import { NO_MATCH } from '../../src/push-rules/index.ts'
import { key, type Model, type ModelEvent, powerLevels } from './model.ts'
import { changeRule, type Step } from './rule-steps.ts'

// Random histories of four users in two rooms. Each step is performed on the database and on the model.

/** The numbers of a step are used as indexes, so that fast-check can shrink each history. */
const small = fc.nat({ max: 11 })
const WEIGHTS = {
  send: 9,
  read: 4,
  redact: 2,
  leave: 2,
  join: 2,
  invite: 3,
  pusher: 1,
  rename: 1,
  rule: 6,
  ignore: 1,
  forget: 1,
}
const kinds = fc.oneof(
  ...Object.entries(WEIGHTS).map(([kind, weight]) => ({ weight, arbitrary: fc.constant(kind) })),
)
export const step: fc.Arbitrary<Step> = fc.record({
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
    '@room hello',
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

/** Performs one step on both. False when the step is not possible. */
export async function perform(fixture: NotificationsFixture, model: Model, next: Step): Promise<boolean> {
  const userId = model.users[next.user] as UserId
  const roomId = model.rooms[next.room] as RoomId
  const place = key(userId, roomId)
  const state = model.joined.get(place)
  switch (next.kind) {
    case 'send': {
      if (!state) return false
      const threadId = ['main', 'main', '$t1', '$t2'][next.pick % 4] as string
      fixture.context = contextOf(fixture, model, roomId)
      addEvent(model, await fixture.send({ roomId, sender: userId, threadId, ...messageOf(model, next) }))
      return true
    }
    case 'read': {
      const inRoom = model.events.filter(({ event }) => event.roomId === roomId)
      const event = inRoom.at(-1 - next.pick)?.event
      if (!event) return false
      const threadId = ['', 'main', event.threadId, '$t1'][next.form % 4] as string
      const { position } = event
      const moved = await fixture.read({ userId, roomId, threadId, position })
      if (moved) assert.ok(state, 'only members can read')
      state?.reads.push({ threadId, position })
      return true
    }
    case 'redact': {
      const seen = model.events.filter(({ event }) => event.roomId === roomId).at(-1 - next.pick)
      if (!state || !seen || seen.redacted) return false
      await fixture.redact(roomId, seen.event.position)
      seen.redacted = true
      return true
    }
    case 'forget':
      return forgetOld(fixture, model, { roomId, keep: next.pick })
    case 'rule':
      return changeRule(fixture, model, next)
    case 'ignore': {
      const ignored = new Set(model.users.filter((_, at) => at === next.other && at !== next.user))
      model.ignore(userId, model.ignored.has(userId) ? new Set() : ignored)
      await fixture.ignore(userId, [...(model.ignored.get(userId) ?? [])])
      return true
    }
    case 'pusher':
      await togglePusher(fixture, model, userId)
      return true
    default:
      return performMembership(fixture, model, { ...next, userId, roomId })
  }
}

/**
 * Removes the messages of a room but those after the last `keep` events, as retention does: its members have
 * read what is removed.
 */
async function forgetOld(
  fixture: NotificationsFixture,
  model: Model,
  { roomId, keep }: { roomId: RoomId; keep: number },
): Promise<boolean> {
  const inRoom = model.events.map(({ event }) => event).filter((event) => event.roomId === roomId)
  const readTo = inRoom.at(-1 - keep)?.position
  if (readTo === undefined) return false
  for (const userId of model.membersOf(roomId)) {
    await fixture.read({ userId, roomId, threadId: '', position: readTo })
    model.joined.get(key(userId, roomId))?.reads.push({ threadId: '', position: readTo })
  }
  const old = inRoom.filter((event) => event.position <= readTo && event.stateKey === null)
  const positions = old.map((event) => event.position)
  // In two batches, as retention removes them.
  const half = Math.ceil(positions.length / 2)
  for (const batch of [positions.slice(0, half), positions.slice(half)])
    await fixture.forget(roomId, { positions: batch, readTo })
  model.forget(new Set(positions))
  return true
}

export async function togglePusher(
  fixture: NotificationsFixture,
  model: Model,
  userId: UserId,
): Promise<void> {
  if (model.pushers.delete(userId)) {
    model.pokes.delete(userId)
    await fixture.removePushers(userId)
  } else {
    model.pokes.set(userId, [])
    model.pushers.set(userId, await fixture.addPusher(userId))
  }
}

export async function performMembership(
  fixture: NotificationsFixture,
  model: Model,
  { kind, userId, roomId, other }: { kind: string; userId: UserId; roomId: RoomId; other: number },
): Promise<boolean> {
  const place = key(userId, roomId)
  const state = model.joined.get(place)
  const invitedAt = model.invited.get(place)
  const before = state ? 'join' : invitedAt === undefined ? 'leave' : 'invite'
  const member = { roomId, userId, before, displayName: model.names.get(userId) ?? null } as const
  fixture.context = contextOf(fixture, model, roomId)
  if (kind === 'rename') {
    if (!state) return false
    model.names.set(userId, model.names.get(userId) === 'Renamed' ? null : 'Renamed')
    for (const each of model.rooms.filter((one) => model.joined.has(key(userId, one))))
      addEvent(
        model,
        await fixture.setMember({
          ...member,
          roomId: each,
          membership: 'join',
          displayName: model.names.get(userId) ?? null,
        }),
      )
    return true
  }
  if (kind === 'join') {
    if (state) return false
    const event = await fixture.setMember({ ...member, membership: 'join' })
    model.invited.delete(place)
    model.joined.set(place, { joinedAt: event.position, reads: [] })
    addEvent(model, event)
    return true
  }
  if (kind === 'leave') {
    if (!state && invitedAt === undefined) return false
    addEvent(model, await fixture.setMember({ ...member, membership: 'leave' }))
    model.joined.delete(place)
    model.invited.delete(place)
    return true
  }
  const by = model.users[other] as UserId
  if (state || !model.joined.has(key(by, roomId))) return false
  const event = await fixture.setMember({ ...member, by, membership: 'invite' })
  model.invited.set(place, event.position)
  addEvent(model, event)
  model.hideInvitation(userId, model.events.at(-1) as ModelEvent)
  return true
}

function contextOf(fixture: NotificationsFixture, model: Model, roomId: RoomId) {
  return {
    ...fixture.context,
    memberCount: model.membersOf(roomId).length,
    powerLevels: powerLevels(model),
  }
}

/** Adds an event to the model, with the read position of its sender and the expected pokes. */
function addEvent(model: Model, event: Event): void {
  const seen = { event, outcomes: model.outcomesOf(event), redacted: false, silenced: new Map() }
  model.events.push(seen)
  const own = model.joined.get(key(event.sender, event.roomId))
  if (event.type !== 'm.room.member') own?.reads.push({ threadId: event.threadId, position: event.position })
  for (const [userId, pokes] of model.pokes) {
    const place = key(userId, event.roomId)
    const state = model.joined.get(place)
    const isInvited = model.invited.get(place) === event.position
    const isMember = (state !== undefined && event.position > state.joinedAt) || isInvited
    if (isMember && model.isQueued(userId, event, seen.outcomes.get(userId) ?? NO_MATCH))
      pokes.push(event.position)
  }
}
