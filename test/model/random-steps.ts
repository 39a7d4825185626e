import fc from 'fast-check'
import { foundingPusher, type TestUser } from '../support/client.ts'
import type { HistoryEvent, Recount } from './recount.ts'

// The steps of random histories: each is performed on a server over HTTP and added to the recount.

/** A step. Its numbers are used as indexes, so that fast-check can shrink each history. */
export type Step = { kind: string; user: number; other: number; room: number; pick: number; form: number }

/** The users and rooms of a server, by their number in the recount. */
export type Fixture = {
  model: Recount
  /** The devices of each user. The first one sends the requests. */
  devices: readonly (readonly TestUser[])[]
  rooms: readonly string[]
  gateway: string
}

const WEIGHTS = {
  send: 14,
  receipt: 7,
  redact: 3,
  leave: 1,
  join: 2,
  invite: 2,
  rule: 3,
  quiet: 1,
  handle: 1,
  ignore: 1,
}
const small = fc.nat({ max: 11 })
const kinds = Object.entries(WEIGHTS).map(([kind, weight]) => ({ weight, arbitrary: fc.constant(kind) }))
export const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(...kinds),
  user: fc.nat({ max: 3 }),
  other: fc.nat({ max: 3 }),
  room: fc.nat({ max: 1 }),
  pick: small,
  form: small,
})

export const HANDLES = ['loud', 'quiet'] as const

const clientOf = (fixture: Fixture, user: number) => fixture.devices[user]?.[0] as TestUser
const inRoom = (fixture: Fixture, room: number) => `/rooms/${encodeURIComponent(fixture.rooms[room] ?? '')}`
let transactions = 0

/** The fields of an event that is not a message. */
const NO_MESSAGE = {
  mentions: [],
  mentionsRoom: false,
  body: '',
  isEdit: false,
  hasRelation: false,
  thread: 'main',
  invites: undefined,
}

/** Performs one step. Resolves to its events, or to undefined when the step is not possible. */
export async function perform(fixture: Fixture, next: Step): Promise<HistoryEvent[] | undefined> {
  switch (next.kind) {
    case 'send':
      return send(fixture, next)
    case 'receipt':
      return receipt(fixture, next)
    case 'redact':
      return redact(fixture, next)
    case 'rule':
      return changeRule(fixture, next)
    case 'quiet':
      return toggleDeviceRule(fixture, next)
    case 'handle':
      return changeHandle(fixture, next)
    case 'ignore':
      return ignore(fixture, next)
    default:
      return changeMembership(fixture, next)
  }
}

type Sent = Pick<
  HistoryEvent,
  'kind' | 'mentions' | 'mentionsRoom' | 'body' | 'isEdit' | 'thread' | 'hasRelation'
>

/** The type and content of the event to send, and its fields in the recount. */
function draftOf(
  { model, devices }: Fixture,
  next: Step,
): { type: string; content: object; sent: Sent } | undefined {
  const { user, other, room, pick, form } = next
  const here = model.history.filter((event) => event.room === room && !event.isRedacted)
  const target = here.filter(({ kind }) => kind === 'message' || kind === 'notice').at(-1 - pick)
  const root = here
    .filter((event) => event.kind === 'message' && !event.hasRelation && event.thread === 'main')
    .at(-1 - (pick % 3))
  const own = here.filter((event) => event.kind === 'message' && event.sender === user).at(-1 - (pick % 3))
  const body = ['hello there', 'a fire burns', 'tea time', 'good night'][pick % 4] as string
  const plain: Sent = {
    kind: 'message',
    mentions: [],
    mentionsRoom: false,
    body,
    isEdit: false,
    thread: 'main',
    hasRelation: false,
  }
  const draft = (changes: Partial<Sent>, relation?: object) => {
    const sent = { ...plain, ...changes, hasRelation: relation !== undefined }
    const content = {
      msgtype: sent.kind === 'notice' ? 'm.notice' : 'm.text',
      body: sent.body,
      'm.mentions': {
        ...(sent.mentions.length > 0 && { user_ids: sent.mentions.map((one) => devices[one]?.[0]?.userId) }),
        ...(sent.mentionsRoom && { room: true }),
      },
      ...(relation && { 'm.relates_to': relation }),
    }
    return { type: 'm.room.message', content, sent }
  }
  if (form === 1) return draft({ mentions: [other] })
  if (form === 2) return draft({ mentionsRoom: true })
  if (form === 3) return draft({ kind: 'notice', mentions: [other] })
  if (form === 4 || form === 5) {
    if (!own) return undefined
    const relation = { rel_type: 'm.replace', event_id: own.eventId }
    return draft({ isEdit: true, thread: own.thread, mentions: form === 5 ? [other] : [] }, relation)
  }
  if (form === 6) {
    if (!target) return undefined
    const sent: Sent = { ...plain, kind: 'reaction', body: '', thread: target.thread, hasRelation: true }
    // A second equal reaction would be refused.
    const key = String(model.history.length)
    const relation = { rel_type: 'm.annotation', event_id: target.eventId, key }
    return { type: 'm.reaction', content: { 'm.relates_to': relation }, sent }
  }
  if (form >= 7 && form <= 9) {
    if (!root) return undefined
    const relation = { rel_type: 'm.thread', event_id: root.eventId }
    return draft({ thread: root.eventId, mentions: form === 9 ? [other] : [] }, relation)
  }
  return draft({})
}

async function send(fixture: Fixture, next: Step): Promise<HistoryEvent[] | undefined> {
  const { user, room } = next
  const draft = fixture.model.user(user).joinedAt.has(room) ? draftOf(fixture, next) : undefined
  if (!draft) return undefined
  const path = `${inRoom(fixture, room)}/send/${draft.type}/m${transactions++}`
  const { event_id: eventId } = await clientOf(fixture, user).put(path, draft.content)
  return [
    fixture.model.add({ ...draft.sent, eventId: String(eventId), room, sender: user, invites: undefined }),
  ]
}

async function receipt(
  fixture: Fixture,
  { user, room, pick, form }: Step,
): Promise<HistoryEvent[] | undefined> {
  const { history } = fixture.model
  const state = fixture.model.user(user)
  const upTo = history.findLastIndex(
    (event, place) =>
      event.room === room &&
      event.eventId.startsWith('$') &&
      !event.isRedacted &&
      place <= history.length - 1 - pick,
  )
  const event = history[upTo]
  if (!event || !state.joinedAt.has(room)) return undefined
  const type = ['m.read', 'm.read.private', 'm.read', 'm.fully_read'][form % 4] as string
  // All threads, or the thread of the event. The fully read marker has no thread and clears nothing.
  const thread = form < 6 || type === 'm.fully_read' ? undefined : event.thread
  const path = `${inRoom(fixture, room)}/receipt/${type}/${encodeURIComponent(event.eventId)}`
  await clientOf(fixture, user).post(path, thread === undefined ? {} : { thread_id: thread })
  if (type !== 'm.fully_read') state.reads.push({ room, thread, upTo })
  return []
}

async function redact(fixture: Fixture, { room, pick, form }: Step): Promise<HistoryEvent[] | undefined> {
  const { model } = fixture
  const event = model.history
    .filter(
      (one) =>
        one.room === room &&
        (one.kind !== 'member' || one.invites !== undefined) &&
        one.kind !== 'redaction' &&
        !one.isRedacted,
    )
    .at(-1 - pick)
  // The author of the event, or the creator of the room.
  const user = event && form % 2 === 0 ? event.sender : 0
  if (!event || !model.user(user).joinedAt.has(room)) return undefined
  const path = `${inRoom(fixture, room)}/redact/${encodeURIComponent(event.eventId)}/r${transactions++}`
  const { event_id: eventId } = await clientOf(fixture, user).put(path, {})
  event.isRedacted = true
  const redaction = { ...NO_MESSAGE, kind: 'redaction' as const }
  return [model.add({ ...redaction, eventId: String(eventId), room, sender: user })]
}

/** A join, leave or invitation. No response contains the id of the member event, so it is requested. */
async function changeMembership(
  fixture: Fixture,
  { kind, user, other, room }: Step,
): Promise<HistoryEvent[] | undefined> {
  const { model } = fixture
  const state = model.user(user)
  const isIn = state.joinedAt.has(room)
  const { userId } = clientOf(fixture, user)
  const member = async (invites?: number) => {
    const target = invites === undefined ? userId : clientOf(fixture, invites).userId
    const eventId = await memberEvent(fixture, room, { target, reader: invites === undefined ? user : other })
    return { ...NO_MESSAGE, kind: 'member' as const, eventId, room, invites }
  }
  if (kind === 'join') {
    if (isIn) return undefined
    await clientOf(fixture, user).post(`${inRoom(fixture, room)}/join`)
    const event = model.add({ ...(await member()), sender: user })
    state.invitedAt.delete(room)
    state.joinedAt.set(room, model.history.length - 1)
    return [event]
  }
  if (kind === 'leave') {
    if (!isIn && !state.invitedAt.has(room)) return undefined
    await clientOf(fixture, user).post(`${inRoom(fixture, room)}/leave`)
    state.joinedAt.delete(room)
    state.invitedAt.delete(room)
    // A user who has left cannot request the id.
    const eventId = `left${transactions++}`
    return [model.add({ ...NO_MESSAGE, kind: 'member', eventId, room, sender: user })]
  }
  // `other` invites. For a repeated invitation `/invite` would have no effect.
  if (isIn || !model.user(other).joinedAt.has(room)) return undefined
  if (state.invitedAt.has(room)) {
    const again = { membership: 'invite', reason: `again ${transactions++}` }
    await clientOf(fixture, other).put(
      `${inRoom(fixture, room)}/state/m.room.member/${encodeURIComponent(userId)}`,
      again,
    )
  } else await clientOf(fixture, other).post(`${inRoom(fixture, room)}/invite`, { user_id: userId })
  state.invitedAt.set(room, model.history.length)
  return [model.add({ ...(await member(user)), sender: other })]
}

async function memberEvent(
  fixture: Fixture,
  room: number,
  { target, reader }: { target: string; reader: number },
): Promise<string> {
  const path = `${inRoom(fixture, room)}/state/m.room.member/${encodeURIComponent(target)}?format=event`
  return String((await clientOf(fixture, reader).get(path))['event_id'])
}

async function changeRule(fixture: Fixture, { user, other, room, pick, form }: Step): Promise<[]> {
  const state = fixture.model.user(user)
  const client = clientOf(fixture, user)
  const roomId = encodeURIComponent(fixture.rooms[room] ?? '')
  const toggle = async <T>(set: Set<T>, value: T, path: string, rule: object) => {
    if (set.delete(value)) await client.delete(`/pushrules/global/${path}`)
    else {
      set.add(value)
      await client.put(`/pushrules/global/${path}`, rule)
    }
  }
  const enable = (path: string, enabled: boolean) =>
    client.put(`/pushrules/global/override/${path}/enabled`, { enabled })
  if (form < 4) await toggle(state.mutedRooms, room, `room/${roomId}`, { actions: [] })
  else if (form < 6) {
    const sender = encodeURIComponent(clientOf(fixture, other).userId)
    await toggle(state.mutedSenders, other, `sender/${sender}`, { actions: [] })
  } else if (form < 9) {
    const word = pick % 2 === 0 ? 'fire' : 'tea'
    const actions = ['notify', { set_tweak: 'highlight' }]
    await toggle(state.keywords, word, `content/${word}`, { pattern: word, actions })
  } else if (form < 10) await enable('.m.rule.master', (state.isMaster = !state.isMaster))
  else {
    state.mentionsOff = !state.mentionsOff
    await enable('.m.rule.is_user_mention', !state.mentionsOff)
  }
  return []
}

/** Toggles a device rule that silences a room for the handle `quiet`. It does not change counts. */
async function toggleDeviceRule(fixture: Fixture, { user, room }: Step): Promise<[]> {
  const state = fixture.model.user(user)
  const quiet = state.quietRooms.get('quiet') ?? new Set()
  state.quietRooms.set('quiet', quiet)
  const path = `/pushrules/device/quiet/room/${encodeURIComponent(fixture.rooms[room] ?? '')}`
  if (quiet.delete(room)) await clientOf(fixture, user).delete(path)
  else {
    quiet.add(room)
    await clientOf(fixture, user).put(path, { actions: [] })
  }
  return []
}

async function changeHandle(fixture: Fixture, { user, pick }: Step): Promise<[] | undefined> {
  const { pushers } = fixture.model.user(user)
  const pusher = pushers[pick % Math.max(1, pushers.length)]
  if (!pusher) return undefined
  pusher.handle = pusher.handle === 'loud' ? 'quiet' : 'loud'
  await setPusher(fixture, user, pusher)
  return []
}

export async function setPusher(
  { devices, gateway }: Pick<Fixture, 'devices' | 'gateway'>,
  user: number,
  { pushkey, handle }: { pushkey: string; handle: string },
): Promise<void> {
  const device = pushkey.endsWith('1') ? 1 : 0
  const body = foundingPusher(gateway, { pushkey, instance_handle: handle })
  await devices[user]?.[device]?.post('/pushers/set', body)
}

async function ignore(fixture: Fixture, { user, other }: Step): Promise<[] | undefined> {
  if (user === other) return undefined
  const { ignores } = fixture.model.user(user)
  if (ignores.has(other)) fixture.model.stopIgnoring(user, other)
  else fixture.model.ignore(user, other)
  const ignored = Object.fromEntries([...ignores].map((one) => [clientOf(fixture, one).userId, {}]))
  const path = `/user/${encodeURIComponent(clientOf(fixture, user).userId)}/account_data/m.ignored_user_list`
  await clientOf(fixture, user).put(path, { ignored_users: ignored })
  return []
}
