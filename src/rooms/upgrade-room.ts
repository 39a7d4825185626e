import { invalidParam, notFound } from '../lib/errors.ts'
import type { RoomId, UserId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Event } from '../lib/matrix-event.ts'
import type { Transaction } from '../storage/database.ts'
import { aliasesOfRoom, moveAliases } from './alias-store.ts'
import { appendTo } from './append-event.ts'
import { requireAllowed } from './auth-state.ts'
import { authorise } from './authorise.ts'
import { type BareRoom, newIdsInShardOf, setUpRoom, supportedVersion } from './create-room.ts'
import { creatorsOf } from './creators.ts'
import type { RoomDeps } from './deps.ts'
import { membershipIn } from './membership-store.ts'
import { predecessorIn, replacementIn } from './predecessor.ts'
import { publishRoom, roomById } from './room-store.ts'
import type { RoomVersion } from './room-versions.ts'
import { type RoomView, viewRoom } from './room-view.ts'
import { setStateIn, type StateChange } from './send-event.ts'
import { currentStateEvent, currentStateOfTypes } from './state-store.ts'
import { carryAgain, carryFirst, carryRest, trySet } from './upgrade-carry.ts'
import { countBans } from './upgrade-store.ts'
import {
  carriedChildren,
  carriedState,
  contentOf,
  endedPowerLevels,
  replacementCreation,
  replacementPowerLevels,
  UPGRADE_TYPES,
} from './upgrade-state.ts'

export type UpgradeRequest = {
  roomId: RoomId
  userId: UserId
  newVersion: string
  /** Further creators of the new room, if its version has them. */
  additionalCreators?: readonly UserId[] | undefined
}

/** Above this number of bans and rooms of a space, a room cannot be upgraded. */
const MAX_CARRIED = 5000
const POWER_LEVELS = 'm.room.power_levels'
const ALIAS = 'm.room.canonical_alias'

/**
 * Replaces a room by a new one of another version (client-server API, "Room Upgrades"), in one transaction:
 * tombstone, new room with the state, aliases and publication of the old one, 100 of its bans and rooms of
 * the space, and power levels that end the old room. Further bans and rooms follow in transactions of 100
 * before this resolves; after an interruption the server continues by itself (`upgrade-carry.ts`). Members
 * carry their push rules and settings along when they join the new room (`predecessor.ts`). A repeated
 * request resolves to the room of the first one.
 * @throws MatrixError 400 `M_UNSUPPORTED_ROOM_VERSION`, or `M_INVALID_PARAM` for a room with too many bans
 *   and rooms of a space; 403 without the permission for `m.room.tombstone`; 404
 */
export async function upgradeRoom(deps: RoomDeps, request: UpgradeRequest): Promise<RoomId> {
  const version = supportedVersion(request.newVersion)
  const to = await deps.db.transaction((tx) => upgradeIn(deps, tx, { ...request, version }), {
    orderedBy: request.roomId,
    inAllShards: true,
  })
  await carryRest(deps, to)
  return to
}

async function upgradeIn(
  deps: RoomDeps,
  tx: Transaction,
  request: UpgradeRequest & { version: RoomVersion },
): Promise<RoomId> {
  const { roomId, userId, version } = request
  const tombstone = { roomId, sender: userId, type: 'm.room.tombstone', stateKey: '' }
  const old = await viewRoom(tx, tombstone)
  if (!old) throw notFound('There is no room with this id on this server')
  requireAllowed(authorise({ ...tombstone, content: {} }, old))
  const earlier = await earlierReplacement(tx, { old, userId, version })
  if (earlier !== undefined) {
    carryAgain(tx, { from: roomId, to: earlier, userId })
    return earlier
  }

  const state = await currentStateOfTypes(tx, roomId, UPGRADE_TYPES)
  const ids = newIdsInShardOf(deps, { version, roomId })
  const content = { body: 'This room has been replaced', replacement_room: ids.roomId }
  const { eventId } = await appendTo(deps, tx, { draft: { ...tombstone, content }, room: old })
  const room = await tx.first(roomById, { roomId })
  const creation = replacementCreation({
    version,
    creator: userId,
    before: contentOf(state, 'm.room.create'),
    additionalCreators: request.additionalCreators ?? [],
    predecessor: { room_id: roomId, event_id: eventId },
  })
  const isPublic = room?.is_public === 1
  const replacement = { ...ids, creator: userId, version, creation, isPublic }
  await setUpRoom(deps, tx, replacement)
  await carryState(deps, tx, { old, state, replacement })
  if (isPublic) await tx.run(publishRoom, { roomId, isPublic: 0 })
  await endRoom(deps, tx, { roomId, userId })
  return ids.roomId
}

/** The room that an earlier request of the same user has made: the client may not have received its response. */
async function earlierReplacement(
  tx: Transaction,
  { old, userId, version }: { old: RoomView; userId: UserId; version: RoomVersion },
): Promise<RoomId | undefined> {
  const roomId = replacementIn(old.present?.content)
  if (roomId === undefined) return undefined
  const room = await tx.first(roomById, { roomId })
  if (room?.creator !== userId || room.version !== version.id) return undefined
  if ((await membershipIn(tx, roomId, userId))?.membership !== 'join') return undefined
  const create = await currentStateEvent(tx, { roomId, type: 'm.room.create', stateKey: '' })
  return predecessorIn(JSON.stringify(create?.content ?? {})) === old.roomId ? roomId : undefined
}

type Carrying = { old: RoomView; state: readonly Event[]; replacement: BareRoom }

/** The power levels come last: until then the creator may send everything, whatever their level. */
async function carryState(
  deps: RoomDeps,
  tx: Transaction,
  { old, state, replacement }: Carrying,
): Promise<void> {
  const { roomId, creator, version, creation } = replacement
  const set = (type: string, content: JsonObject, stateKey = '') =>
    setStateIn(deps, tx, { roomId, sender: creator, type, stateKey, content })
  const bans = (await tx.first(countBans, { roomId: old.roomId }))?.count ?? 0
  const extras = bans + carriedChildren(state).length
  if (extras > MAX_CARRIED)
    throw invalidParam(
      `The room has ${extras} bans and rooms of the space to copy; at most ${MAX_CARRIED} can be copied. Remove some first`,
    )
  for (const { type, content } of carriedState(state)) await set(type, content)
  const upgrade = { from: old.roomId, to: roomId, userId: creator }
  await carryFirst(tx, upgrade, ({ type, stateKey, content }) => set(type, content, stateKey ?? ''))
  await moveNames(deps, tx, { from: old.roomId, to: roomId, userId: creator, state })
  const creators = creatorsOf(version, { sender: creator, content: creation })
  await set(POWER_LEVELS, replacementPowerLevels(old, { version, creators }))
}

/** Makes the aliases of the old room point to the new one, and moves the canonical alias. */
async function moveNames(
  deps: RoomDeps,
  tx: Transaction,
  { from, to, userId, state }: { from: RoomId; to: RoomId; userId: UserId; state: readonly Event[] },
): Promise<void> {
  await tx.run(moveAliases, { from, to })
  const before = contentOf(state, ALIAS)
  if (before === undefined) return
  // The event can name aliases that have been deleted since.
  const moved = new Set<unknown>((await tx.all(aliasesOfRoom, { roomId: to })).map((row) => row.alias))
  const { alias, alt_aliases: others } = before
  const kept = Array.isArray(others) ? others.filter((one) => moved.has(one)) : []
  const content: JsonObject = {
    ...(alias !== undefined && moved.has(alias) && { alias }),
    ...(kept.length > 0 && { alt_aliases: kept }),
  }
  const change = { sender: userId, type: ALIAS, stateKey: '' }
  if (Object.keys(content).length > 0) await setStateIn(deps, tx, { ...change, roomId: to, content })
  if (Object.keys(before).length > 0) await setIfAllowed(deps, tx, { ...change, roomId: from, content: {} })
}

async function endRoom(
  deps: RoomDeps,
  tx: Transaction,
  { roomId, userId }: { roomId: RoomId; userId: UserId },
): Promise<void> {
  const room = await viewRoom(tx, { roomId, sender: userId, type: POWER_LEVELS, stateKey: '' })
  const content = endedPowerLevels(room?.powerLevels ?? {})
  const change = { roomId, sender: userId, type: POWER_LEVELS, stateKey: '' }
  if (content) await setIfAllowed(deps, tx, { ...change, content })
}

/** For the steps of an upgrade that are only done if the user has the permission for them. */
async function setIfAllowed(deps: RoomDeps, tx: Transaction, change: StateChange): Promise<void> {
  const reason = await trySet(deps, tx, change)
  if (reason !== undefined)
    deps.log.info(
      { room_id: change.roomId, type: change.type, reason },
      'a step of a room upgrade was left out: the user may not do it',
    )
}
