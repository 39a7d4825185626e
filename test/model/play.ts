import fc from 'fast-check'
import { foundingPusher, type TestUser } from '../support/client.ts'
import type { Happening, Recount } from './recount.ts'

// What may happen, done to a server over HTTP, as clients do it, and written down for the recount.

/** What happens next: numbers that are read as indexes, so that every story can be shrunk. */
export type Step = { kind: string; who: number; other: number; room: number; pick: number; form: number }

/** A server's people and rooms, as the recount knows them by number. */
export type Stage = {
  model: Recount
  /** By person: their devices. The first makes the requests. */
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
  who: fc.nat({ max: 3 }),
  other: fc.nat({ max: 3 }),
  room: fc.nat({ max: 1 }),
  pick: small,
  form: small,
})

export const HANDLES = ['loud', 'quiet'] as const

const at = (stage: Stage, who: number) => stage.devices[who]?.[0] as TestUser
const inRoom = (stage: Stage, room: number) => `/rooms/${encodeURIComponent(stage.rooms[room] ?? '')}`
let transactions = 0

/** Of an event that is no message. */
const NOTHING_SAID = {
  mentions: [],
  mentionsRoom: false,
  body: '',
  isEdit: false,
  hasRelation: false,
  thread: 'main',
  invites: undefined,
}

/** Does one step; resolves to the events that came of it, or to undefined where it could not be done. */
export async function play(stage: Stage, next: Step): Promise<Happening[] | undefined> {
  switch (next.kind) {
    case 'send':
      return send(stage, next)
    case 'receipt':
      return receipt(stage, next)
    case 'redact':
      return redact(stage, next)
    case 'rule':
      return changeRule(stage, next)
    case 'quiet':
      return quieten(stage, next)
    case 'handle':
      return changeHandle(stage, next)
    case 'ignore':
      return ignore(stage, next)
    default:
      return move(stage, next)
  }
}

type Sent = Pick<
  Happening,
  'kind' | 'mentions' | 'mentionsRoom' | 'body' | 'isEdit' | 'thread' | 'hasRelation'
>

/** What is sent: its content, and what the recount is told of it. */
function draftOf(
  { model, devices }: Stage,
  next: Step,
): { type: string; content: object; sent: Sent } | undefined {
  const { who, other, room, pick, form } = next
  const here = model.story.filter((event) => event.room === room && !event.isRedacted)
  const target = here.filter(({ kind }) => kind === 'message' || kind === 'notice').at(-1 - pick)
  const root = here
    .filter((event) => event.kind === 'message' && !event.hasRelation && event.thread === 'main')
    .at(-1 - (pick % 3))
  const own = here.filter((event) => event.kind === 'message' && event.sender === who).at(-1 - (pick % 3))
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
    const relation = { rel_type: 'm.annotation', event_id: target.eventId, key: String(pick) }
    return { type: 'm.reaction', content: { 'm.relates_to': relation }, sent }
  }
  if (form >= 7 && form <= 9) {
    if (!root) return undefined
    const relation = { rel_type: 'm.thread', event_id: root.eventId }
    return draft({ thread: root.eventId, mentions: form === 9 ? [other] : [] }, relation)
  }
  return draft({})
}

async function send(stage: Stage, next: Step): Promise<Happening[] | undefined> {
  const { who, room } = next
  const draft = stage.model.person(who).joinedAt.has(room) ? draftOf(stage, next) : undefined
  if (!draft) return undefined
  const path = `${inRoom(stage, room)}/send/${draft.type}/m${transactions++}`
  const { event_id: eventId } = await at(stage, who).put(path, draft.content)
  return [
    stage.model.happened({ ...draft.sent, eventId: String(eventId), room, sender: who, invites: undefined }),
  ]
}

async function receipt(stage: Stage, { who, room, pick, form }: Step): Promise<Happening[] | undefined> {
  const { story } = stage.model
  const me = stage.model.person(who)
  const upTo = story.findLastIndex(
    (event, place) =>
      event.room === room &&
      event.eventId.startsWith('$') &&
      !event.isRedacted &&
      place <= story.length - 1 - pick,
  )
  const event = story[upTo]
  if (!event || !me.joinedAt.has(room)) return undefined
  const type = ['m.read', 'm.read.private', 'm.read', 'm.fully_read'][form % 4] as string
  // All threads, or the one of the event; the marker has none and clears nothing.
  const thread = form < 6 || type === 'm.fully_read' ? undefined : event.thread
  const path = `${inRoom(stage, room)}/receipt/${type}/${encodeURIComponent(event.eventId)}`
  await at(stage, who).post(path, thread === undefined ? {} : { thread_id: thread })
  if (type !== 'm.fully_read') me.reads.push({ room, thread, upTo })
  return []
}

async function redact(stage: Stage, { room, pick, form }: Step): Promise<Happening[] | undefined> {
  const { model } = stage
  const event = model.story
    .filter(
      (one) =>
        one.room === room &&
        (one.kind !== 'member' || one.invites !== undefined) &&
        one.kind !== 'redaction' &&
        !one.isRedacted,
    )
    .at(-1 - pick)
  // Its author, or who made the room.
  const who = event && form % 2 === 0 ? event.sender : 0
  if (!event || !model.person(who).joinedAt.has(room)) return undefined
  const path = `${inRoom(stage, room)}/redact/${encodeURIComponent(event.eventId)}/r${transactions++}`
  const { event_id: eventId } = await at(stage, who).put(path, {})
  event.isRedacted = true
  const redaction = { ...NOTHING_SAID, kind: 'redaction' as const }
  return [model.happened({ ...redaction, eventId: String(eventId), room, sender: who })]
}

/** Joining, leaving, inviting. The ids of member events are asked for: no answer has them. */
async function move(stage: Stage, { kind, who, other, room }: Step): Promise<Happening[] | undefined> {
  const { model } = stage
  const me = model.person(who)
  const isIn = me.joinedAt.has(room)
  const { userId } = at(stage, who)
  const member = async (invites?: number) => {
    const target = invites === undefined ? userId : at(stage, invites).userId
    const eventId = await memberEvent(stage, room, { target, reader: invites === undefined ? who : other })
    return { ...NOTHING_SAID, kind: 'member' as const, eventId, room, invites }
  }
  if (kind === 'join') {
    if (isIn) return undefined
    await at(stage, who).post(`${inRoom(stage, room)}/join`)
    const event = model.happened({ ...(await member()), sender: who })
    me.invitedAt.delete(room)
    me.joinedAt.set(room, model.story.length - 1)
    return [event]
  }
  if (kind === 'leave') {
    if (!isIn && !me.invitedAt.has(room)) return undefined
    await at(stage, who).post(`${inRoom(stage, room)}/leave`)
    me.joinedAt.delete(room)
    me.invitedAt.delete(room)
    // Whoever has left cannot ask for its id.
    const eventId = `left${transactions++}`
    return [model.happened({ ...NOTHING_SAID, kind: 'member', eventId, room, sender: who })]
  }
  // `other` invites, or invites again: `/invite` would do nothing then.
  if (isIn || !model.person(other).joinedAt.has(room)) return undefined
  if (me.invitedAt.has(room)) {
    const again = { membership: 'invite', reason: `again ${transactions++}` }
    await at(stage, other).put(
      `${inRoom(stage, room)}/state/m.room.member/${encodeURIComponent(userId)}`,
      again,
    )
  } else await at(stage, other).post(`${inRoom(stage, room)}/invite`, { user_id: userId })
  me.invitedAt.set(room, model.story.length)
  return [model.happened({ ...(await member(who)), sender: other })]
}

async function memberEvent(
  stage: Stage,
  room: number,
  { target, reader }: { target: string; reader: number },
): Promise<string> {
  const path = `${inRoom(stage, room)}/state/m.room.member/${encodeURIComponent(target)}?format=event`
  return String((await at(stage, reader).get(path))['event_id'])
}

async function changeRule(stage: Stage, { who, other, room, pick, form }: Step): Promise<[]> {
  const me = stage.model.person(who)
  const client = at(stage, who)
  const roomId = encodeURIComponent(stage.rooms[room] ?? '')
  const toggle = async <T>(set: Set<T>, value: T, path: string, rule: object) => {
    if (set.delete(value)) await client.delete(`/pushrules/global/${path}`)
    else {
      set.add(value)
      await client.put(`/pushrules/global/${path}`, rule)
    }
  }
  const enable = (path: string, enabled: boolean) =>
    client.put(`/pushrules/global/override/${path}/enabled`, { enabled })
  if (form < 4) await toggle(me.mutedRooms, room, `room/${roomId}`, { actions: [] })
  else if (form < 6) {
    const sender = encodeURIComponent(at(stage, other).userId)
    await toggle(me.mutedSenders, other, `sender/${sender}`, { actions: [] })
  } else if (form < 9) {
    const word = pick % 2 === 0 ? 'fire' : 'tea'
    const actions = ['notify', { set_tweak: 'highlight' }]
    await toggle(me.keywords, word, `content/${word}`, { pattern: word, actions })
  } else if (form < 10) await enable('.m.rule.master', (me.isMaster = !me.isMaster))
  else {
    me.mentionsOff = !me.mentionsOff
    await enable('.m.rule.is_user_mention', !me.mentionsOff)
  }
  return []
}

/** A device rule that silences a room for the handle `quiet`; what counts does not follow it. */
async function quieten(stage: Stage, { who, room }: Step): Promise<[]> {
  const me = stage.model.person(who)
  const quiet = me.quietRooms.get('quiet') ?? new Set()
  me.quietRooms.set('quiet', quiet)
  const path = `/pushrules/device/quiet/room/${encodeURIComponent(stage.rooms[room] ?? '')}`
  if (quiet.delete(room)) await at(stage, who).delete(path)
  else {
    quiet.add(room)
    await at(stage, who).put(path, { actions: [] })
  }
  return []
}

async function changeHandle(stage: Stage, { who, pick }: Step): Promise<[] | undefined> {
  const { pushers } = stage.model.person(who)
  const pusher = pushers[pick % Math.max(1, pushers.length)]
  if (!pusher) return undefined
  pusher.handle = pusher.handle === 'loud' ? 'quiet' : 'loud'
  await setPusher(stage, who, pusher)
  return []
}

export async function setPusher(
  { devices, gateway }: Pick<Stage, 'devices' | 'gateway'>,
  who: number,
  { pushkey, handle }: { pushkey: string; handle: string },
): Promise<void> {
  const device = pushkey.endsWith('1') ? 1 : 0
  const body = foundingPusher(gateway, { pushkey, instance_handle: handle })
  await devices[who]?.[device]?.post('/pushers/set', body)
}

async function ignore(stage: Stage, { who, other }: Step): Promise<[] | undefined> {
  if (who === other) return undefined
  const { ignores } = stage.model.person(who)
  if (ignores.has(other)) ignores.delete(other)
  else stage.model.ignore(who, other)
  const ignored = Object.fromEntries([...ignores].map((one) => [at(stage, one).userId, {}]))
  const path = `/user/${encodeURIComponent(at(stage, who).userId)}/account_data/m.ignored_user_list`
  await at(stage, who).put(path, { ignored_users: ignored })
  return []
}
