import { rulesetsOf, type UserRules } from '../user-rules/read-rules.ts'
import { deviceRules, type DeviceRules } from '../delivery/device-rules.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import { localpartOf, type RoomId, type UserId } from '../lib/ids.ts'
import {
  analyseRules,
  createPopulation,
  type Population,
  type RuleAnalysis,
  type RuleSettings,
} from '../push-rules/index.ts'
import type { Transaction } from '../storage/database.ts'
import type { Queries } from '../storage/query.ts'
import { changeCohorts, ruleOwners } from './cohort-store.ts'
import { DEFAULT_COHORT } from './cohort.ts'

/** The compiled push rules of a user who has rules of their own. */
export type KnownRules = {
  readonly version: number
  readonly analysis: RuleAnalysis
  /** Undefined when no device rule of the user can wake a device for an event that does not notify the user. */
  readonly waking: WakingRules | undefined
}

export type WakingRules = {
  readonly rules: DeviceRules
  readonly handles: readonly string[]
  /** The approximate number of steps to try them all. */
  readonly weight: number
}

type RuleOwner = { readonly displayName: string | null; readonly known: KnownRules }

/** The members of a room with push rules of their own. */
export type RoomRules = {
  readonly members: Map<UserId, RuleOwner>
  /** The members whose global rules differ from the default rules. */
  readonly population: Population
}

export type MemberRules = {
  /**
   * The members of a room at a version of their rules (`rooms.rules_version`), for the event at `position`. A
   * member whose stored cohort differs from the cohort of the current rules is moved, for that event and
   * later ones.
   */
  ofRoom(
    tx: Transaction,
    room: { roomId: RoomId; version: number; position: number },
  ): Promise<RoomRules | undefined>
  /** The rules of some users. Users without push rules of their own are left out. */
  ofUsers(tx: Transaction, userIds: readonly UserId[]): Promise<Map<UserId, KnownRules>>
}

export type MemberRulesOptions = {
  settings: RuleSettings
  /** Called with rules that cannot be compiled. The default rules then apply to their owner. */
  onFault: (userId: UserId, error: unknown) => void
  /** The maximum number of users in the cache. */
  maxUsers?: number
  /** The maximum number of room members in the cache, over all rooms. A room without any counts as 1. */
  maxMembers?: number
}

type VersionedRoom = RoomRules & { version: number }
/** Rules loaded in a transaction. They enter the shared cache only when it commits. */
type Loaded = { users: Map<UserId, KnownRules>; rooms: Map<RoomId, VersionedRoom> }

/** Caches the compiled rules of users and the rule owners of rooms. An entry is valid while its version is current. */
export function createMemberRules(options: MemberRulesOptions): MemberRules {
  const { settings, maxUsers = 10_000, maxMembers = 100_000 } = options
  const users = new BoundedMap<UserId, KnownRules>({ limit: maxUsers })
  const rooms = new BoundedMap<RoomId, VersionedRoom>({
    limit: maxMembers,
    weightOf: (room) => 1 + room.members.size,
  })
  const loading = new WeakMap<Transaction, Loaded>()

  function loadedIn(tx: Transaction): Loaded {
    const found = loading.get(tx)
    if (found) return found
    const made: Loaded = { users: new Map(), rooms: new Map() }
    loading.set(tx, made)
    tx.onCommit(() => {
      for (const [userId, known] of made.users) users.set(userId, known)
      for (const [roomId, room] of made.rooms) {
        if ((rooms.peek(roomId)?.version ?? 0) < room.version) rooms.set(roomId, room)
      }
    })
    return made
  }

  async function ofRoom(
    tx: Transaction,
    { roomId, version, position }: { roomId: RoomId; version: number; position: number },
  ): Promise<RoomRules | undefined> {
    if (version === 0) return undefined
    const ready = loading.get(tx)?.rooms.get(roomId) ?? rooms.get(roomId)
    if (ready?.version === version) return ready
    const owners = await tx.all(ruleOwners, { roomId })
    const loaded = loadedIn(tx)
    const known = (userId: UserId, ofVersion: number): KnownRules | undefined =>
      [loaded.users.get(userId), users.get(userId)].find((one) => one?.version === ofVersion)
    const unknown = owners.filter((row) => known(row.user_id, row.version) === undefined)
    const missing = unknown.map((row) => row.user_id)
    if (missing.length > 0) await loadUsers(tx, missing, { ...options, into: loaded.users })
    const before = loaded.rooms.get(roomId) ?? rooms.peek(roomId)
    // The entry is modified from here on. Other transactions may use it only after this one commits.
    rooms.delete(roomId)
    const room = { ...(before ?? emptyRoom(roomId, settings)), version }
    updateRoom(
      room,
      owners.flatMap((row) => {
        const rules = known(row.user_id, row.version)
        return rules ? [{ userId: row.user_id, displayName: row.displayname, known: rules }] : []
      }),
    )
    loaded.rooms.set(roomId, room)
    const moves = movesOf(room, owners)
    if (moves.length > 0) await tx.run(changeCohorts, { roomId, after: position - 1, moves })
    return room
  }

  return {
    ofRoom,
    async ofUsers(tx, userIds) {
      const loaded = new Map<UserId, KnownRules>()
      await loadUsers(tx, userIds, { ...options, into: loaded })
      return loaded
    },
  }
}

type LoadOptions = Pick<MemberRulesOptions, 'settings' | 'onFault'> & { into: Map<UserId, KnownRules> }

async function loadUsers(
  q: Queries,
  userIds: readonly UserId[],
  { settings, onFault, into }: LoadOptions,
): Promise<void> {
  for (const [userId, rules] of await rulesetsOf(q, userIds, settings)) {
    try {
      into.set(userId, compiledRulesOf(userId, rules, settings))
    } catch (error) {
      onFault(userId, error)
    }
  }
}

/** The rule owners whose stored cohort differs from the cohort of their current rules. */
function movesOf(room: RoomRules, owners: readonly { user_id: UserId; cohort: string }[]) {
  return owners
    .map((row) => ({ user_id: row.user_id, from: row.cohort, cohort: cohortOf(room, row.user_id) }))
    .filter((row) => row.from !== row.cohort)
    .map(({ user_id, cohort }) => ({ user_id, cohort }))
}

/** The cohort of a member, with or without push rules of their own. */
export function cohortOf(room: RoomRules | undefined, userId: UserId): string {
  return room?.population.cohortOf(userId) ?? DEFAULT_COHORT
}

function emptyRoom(roomId: RoomId, settings: RuleSettings): RoomRules {
  return { members: new Map(), population: createPopulation({ roomId, defaults: settings }) }
}

/** Replaces the members by the current ones. Compiles only the rules that changed. */
function updateRoom(room: RoomRules, owners: readonly (RuleOwner & { userId: UserId })[]): void {
  const present = new Set(owners.map(({ userId }) => userId))
  for (const userId of room.members.keys()) {
    if (present.has(userId)) continue
    room.members.delete(userId)
    room.population.delete(userId)
  }
  for (const { userId, displayName, known } of owners) {
    const before = room.members.get(userId)
    if (before?.known === known && before.displayName === displayName) continue
    room.members.set(userId, { displayName, known })
    if (known.analysis.isDefault) room.population.delete(userId)
    else room.population.set({ userId, displayName, rules: known.analysis })
  }
}

function compiledRulesOf(userId: UserId, rules: UserRules, settings: RuleSettings): KnownRules {
  return {
    version: rules.version,
    analysis: analyseRules(rules.global, {
      userId,
      localpart: localpartOf(userId),
      ...settings,
      ...rules.owner,
    }),
    waking: wakingRules(rules, settings),
  }
}

const NOTIFY = 'notify'

function wakingRules(rules: UserRules, settings: RuleSettings): WakingRules | undefined {
  const notifies = (rule: { enabled: boolean; actions: readonly unknown[] }) =>
    rule.enabled && rule.actions.includes(NOTIFY)
  const own = [...rules.device]
    .filter(([, set]) => Object.values(set).some((list) => list.some(notifies)))
    .map(([handle]) => handle)
  const named = [...rules.global.override, ...rules.global.underride]
    .filter(notifies)
    .flatMap((rule) => rule.conditions ?? [])
    .flatMap((condition) => handleIn(condition) ?? [])
  const handles = [...new Set([...own, ...named])]
  if (handles.length === 0) return undefined
  const made = deviceRules(rules, settings)
  const byHandle = handles.map(
    (handle) => (made.byHandle.get(handle)?.weight ?? 0) + (made.global?.weight ?? 0),
  )
  return { handles, rules: made, weight: byHandle.reduce((sum, weight) => sum + weight, 0) }
}

/** Stored conditions can have any shape. */
function handleIn(condition: unknown): string | undefined {
  const { kind, profile_tag: handle } = (condition ?? {}) as { kind?: unknown; profile_tag?: unknown }
  return kind === 'profile_tag' && typeof handle === 'string' ? handle : undefined
}
