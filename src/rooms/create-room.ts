import { invalidParam, MatrixError, tooMany } from '../lib/errors.ts'
import type { EventId, RoomAlias, RoomId, UserId } from '../lib/ids.ts'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import type { Transaction } from '../storage/database.ts'
import { shardOf } from '../storage/stream.ts'
import { aliasFor, claimAlias } from './aliases.ts'
import { appendEvent, newEventId } from './append-event.ts'
import { listsCreator } from './authorise-power-levels.ts'
import { changeMembership, INVITE_BLOCKED } from './change-membership.ts'
import { creatorsOf } from './creators.ts'
import type { RoomDeps } from './deps.ts'
import { firstPowerLevels, type Preset, presetState } from './room-preset.ts'
import { addRoom, roomsCreated } from './room-store.ts'
import { ROOM_VERSIONS, type RoomVersion } from './room-versions.ts'
import { setStateIn } from './send-event.ts'

/** The request of a client, with the names of `POST /createRoom`. */
export type RoomRequest = {
  preset?: Preset | undefined
  visibility?: 'public' | 'private' | undefined
  name?: string | undefined
  topic?: string | undefined
  /** The localpart of an alias. */
  room_alias_name?: string | undefined
  invite?: readonly UserId[] | undefined
  initial_state?: readonly InitialState[] | undefined
  is_direct?: boolean | undefined
  power_level_content_override?: JsonObject | undefined
  creation_content?: JsonObject | undefined
  room_version?: string | undefined
}

export type InitialState = { type: string; state_key?: string | undefined; content: JsonObject }

/** Limits: each entry costs several statements in one transaction, and all other writes wait for it. */
const MAX_INVITED = 100
const MAX_INITIAL_STATE = 100
const OPAQUE_BYTES = 18

/**
 * Creates a room and the events of the request in one transaction, in the order of the specification. Throws
 * 400 `M_UNSUPPORTED_ROOM_VERSION`, `M_ROOM_IN_USE`, `M_INVALID_ROOM_STATE`, `M_INVALID_PARAM`; 403 and 404
 * for an invited user. Invited users who block invitations are left out, unless all of them do (403
 * `M_INVITE_BLOCKED`).
 */
export async function createRoom(deps: RoomDeps, creator: UserId, request: RoomRequest): Promise<RoomId> {
  const plan = planRoom(deps, creator, request)
  await deps.db.transaction(
    async (tx) => {
      await setUpRoom(deps, tx, plan)
      await claimFor(deps, tx, plan)
      await rejectedAsState(() => applyRequest(deps, tx, plan))
      await inviteAll(deps, tx, plan)
    },
    { orderedBy: plan.roomId },
  )
  return plan.roomId
}

/** A room before its first event. */
export type BareRoom = RoomIds & {
  creator: UserId
  version: RoomVersion
  /** The content of `m.room.create`. */
  creation: JsonObject
  /** Whether it is in the public room list. */
  isPublic: boolean
}

type RoomIds = { roomId: RoomId; createEventId: EventId }

type Plan = BareRoom & {
  preset: Preset
  alias: RoomAlias | undefined
  invited: readonly UserId[]
  request: RoomRequest
}

/** @throws MatrixError 400 `M_UNSUPPORTED_ROOM_VERSION` */
export function supportedVersion(id: string): RoomVersion {
  const version = ROOM_VERSIONS.get(id)
  if (version) return version
  const known = [...ROOM_VERSIONS.keys()].join(', ')
  throw new MatrixError(400, 'M_UNSUPPORTED_ROOM_VERSION', `This server supports the room versions ${known}`)
}

/** The ids of a new room and of its create event. Since version 12 the first is derived from the second. */
function newRoomIds(deps: RoomDeps, version: RoomVersion): RoomIds {
  const createEventId = newEventId(deps)
  const opaque = version.creatorsRule
    ? createEventId.slice(1)
    : `${deps.random.token(OPAQUE_BYTES)}:${deps.serverName}`
  return { roomId: `!${opaque}` as RoomId, createEventId }
}

/** The ids of a room in the shard of another room, because the events of both are written in one transaction. */
export function newIdsInShardOf(
  deps: RoomDeps,
  { version, roomId }: { version: RoomVersion; roomId: RoomId },
): RoomIds {
  const { shards } = deps.db
  const shard = shardOf(roomId, shards)
  for (;;) {
    const ids = newRoomIds(deps, version)
    if (shardOf(ids.roomId, shards) === shard) return ids
  }
}

function planRoom(deps: RoomDeps, creator: UserId, request: RoomRequest): Plan {
  const version = supportedVersion(request.room_version ?? deps.defaultVersion)
  const invited = [...new Set(request.invite)]
  const initialState = request.initial_state ?? []
  if (invited.length > MAX_INVITED) throw invalidParam(`invite has more than ${MAX_INVITED} users`)
  if (initialState.length > MAX_INITIAL_STATE)
    throw invalidParam(`initial_state has more than ${MAX_INITIAL_STATE} events`)
  for (const { type } of initialState)
    if (type === 'm.room.create' || type === 'm.room.member')
      throw invalidParam(`initial_state cannot have ${type}`)
  const preset = request.preset ?? (request.visibility === 'public' ? 'public_chat' : 'private_chat')
  const creation = creationContent({ request, version, creator, preset, invited })
  checkOverride(request.power_level_content_override, { creator, creation, version })
  return {
    ...newRoomIds(deps, version),
    creator,
    version,
    preset,
    creation,
    alias: request.room_alias_name === undefined ? undefined : aliasFor(deps, request.room_alias_name),
    invited,
    isPublic: request.visibility === 'public',
    request,
  }
}

/** Writes the room, its create event, and the join of its creator. @throws MatrixError 403 above a quota, 400 */
export async function setUpRoom(deps: RoomDeps, tx: Transaction, room: BareRoom): Promise<void> {
  const { roomId, creator, version, createEventId, isPublic } = room
  await checkQuota(deps, tx, creator)
  const createdAt = deps.clock.now()
  await addRoom(tx, { roomId, version: version.id, creator, createdAt, isPublic: isPublic ? 1 : 0 })
  await rejectedAsState(async () => {
    const create = { roomId, sender: creator, type: 'm.room.create', stateKey: '', content: room.creation }
    await appendEvent(deps, tx, { ...create, eventId: createEventId })
  })
  await changeMembership(deps, tx, {
    roomId,
    sender: creator,
    target: creator,
    content: { membership: 'join' },
  })
}

async function claimFor(deps: RoomDeps, tx: Transaction, { alias, roomId, creator }: Plan): Promise<void> {
  if (alias && !(await claimAlias(deps, tx, { alias, roomId, userId: creator })))
    throw new MatrixError(400, 'M_ROOM_IN_USE', `The room alias ${alias} is taken`)
}

type Creation = Pick<Plan, 'request' | 'version' | 'creator' | 'preset' | 'invited'>

async function checkQuota({ quotas }: RoomDeps, tx: Transaction, creator: UserId): Promise<void> {
  const count = (await tx.first(roomsCreated, { creator }))?.count ?? 0
  if (count >= quotas.rooms_created)
    throw tooMany('quotas.rooms_created', `You have created ${count} rooms, the maximum; use one of them`)
}

function creationContent({ request, version, creator, preset, invited }: Creation): JsonObject {
  const { creator: _, room_version: __, ...asked } = request.creation_content ?? {}
  const content: JsonObject = { ...asked, room_version: version.id }
  if (version.namesCreator) content['creator'] = creator
  if (!version.creatorsRule || preset !== 'trusted_private_chat' || invited.length === 0) return content
  const { additional_creators: named = [] } = content
  // A value that is not a list stays, and the authorisation rules refuse it.
  if (Array.isArray(named)) content['additional_creators'] = [...new Set([...named, ...invited])]
  return content
}

/** The authorisation rules would refuse it as well, but cannot name the field of the request. */
function checkOverride(
  override: JsonObject | undefined,
  { creator, creation, version }: Pick<Plan, 'creator' | 'creation' | 'version'>,
): void {
  const users = override?.['users']
  if (!version.creatorsRule || !isJsonObject(users)) return
  const creators = creatorsOf(version, { sender: creator, content: creation })
  const listed = creators.find((one) => Object.hasOwn(users, one))
  if (listed === undefined) return
  const message = listsCreator(listed, 'power_level_content_override.users')
  throw new MatrixError(400, 'M_INVALID_ROOM_STATE', message)
}

async function applyRequest(deps: RoomDeps, tx: Transaction, plan: Plan): Promise<void> {
  const { roomId, creator, version, preset, alias, invited, request } = plan
  const set = (type: string, content: JsonObject, stateKey = '') =>
    setStateIn(deps, tx, { roomId, sender: creator, type, stateKey, content })
  const override = request.power_level_content_override ?? {}
  await set('m.room.power_levels', firstPowerLevels({ version, creator, preset, invited, override }))
  if (alias) await set('m.room.canonical_alias', { alias })
  for (const { type, content } of presetState(preset)) await set(type, content)
  for (const { type, content, state_key: key } of request.initial_state ?? []) await set(type, content, key)
  const { name, topic } = request
  if (name !== undefined) await set('m.room.name', { name })
  if (topic !== undefined)
    await set('m.room.topic', { topic, 'm.topic': { 'm.text': [{ body: topic, mimetype: 'text/plain' }] } })
}

/**
 * A user who blocks invitations is left out.
 * @throws 403 M_INVITE_BLOCKED: all of them block invitations
 */
async function inviteAll(deps: RoomDeps, tx: Transaction, plan: Plan): Promise<void> {
  let refused: MatrixError | undefined
  let count = 0
  for (const target of plan.invited) {
    try {
      await inviteInto(deps, tx, { plan, target })
    } catch (error) {
      if (!(error instanceof MatrixError) || error.errcode !== INVITE_BLOCKED) throw error
      refused = error
      count++
    }
  }
  if (refused !== undefined && count === plan.invited.length) throw refused
}

async function inviteInto(
  deps: RoomDeps,
  tx: Transaction,
  { plan, target }: { plan: Plan; target: UserId },
): Promise<void> {
  const { roomId, creator, request } = plan
  const content = { membership: 'invite' as const, ...(request.is_direct ? { is_direct: true } : {}) }
  await changeMembership(deps, tx, { roomId, sender: creator, target, content })
}

/** When the authorisation rules refuse the requested state, the request is at fault. */
async function rejectedAsState(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (error instanceof MatrixError && error.status === 403)
      throw new MatrixError(400, 'M_INVALID_ROOM_STATE', { message: error.message, cause: error })
    throw error
  }
}
