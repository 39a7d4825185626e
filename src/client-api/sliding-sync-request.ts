import { z } from 'zod'
import { isRoomId, type RoomId } from '../lib/ids.ts'
import type {
  ExtensionRequests,
  ListFilters,
  ListRequest,
  RoomConfig,
  RoomScope,
  SlidingRequest,
} from '../rooms/sync/sliding/request.ts'
import type { AskedState, StatePattern } from '../rooms/sync/sliding/required-state.ts'
import { parsePoint, POINT_FORM } from '../storage/stream-point.ts'
import { presenceStates } from './presence-response.ts'

// The two shapes of a request for sliding sync (MSC4186): that of `/v4/sync`, and the earlier one under an
// unstable path, which Element X sends. Some clients send null for an absent value.

const MAX_LISTS = 100
const MAX_SUBSCRIPTIONS = 100
const MAX_RANGES = 20
const MAX_PATTERNS = 100
/**
 * A room in several lists gets the state of all of them, and its filters are compared pattern by pattern when
 * they change.
 */
const MAX_LIST_PATTERNS = 500
const MAX_NAMES = 100
const MAX_NAME = 255
const MAX_TIMELINE = 1000

const name = z.string().max(MAX_NAME)
const names = z.array(name).max(MAX_NAMES).nullish()
const flag = z.boolean().nullish()
const count = z.int().min(0)
const range = z
  .tuple([count, count])
  .refine(([from, to]) => from <= to, 'expected a range whose end is not before its start')
const roomId = name.refine((text) => isRoomId(text), 'expected a room id, such as !opaque:server')

const roomTypes = z.array(name.nullable()).max(MAX_NAMES).nullish()
const filters = z.object({
  is_dm: flag,
  is_encrypted: flag,
  spaces: names,
  room_types: roomTypes,
  not_room_types: roomTypes,
  tags: names,
  not_tags: names,
})

const scope = z.object({ enabled: flag, lists: names, rooms: names }).nullish()
const extensions = z
  .object({
    to_device: z
      .object({
        enabled: flag,
        since: z
          .string()
          .regex(new RegExp(`^${POINT_FORM}$`), 'expected the next_batch of an earlier response')
          .nullish(),
        limit: count.nullish(),
      })
      .nullish(),
    e2ee: z.object({ enabled: flag }).nullish(),
    account_data: scope,
    receipts: scope,
    typing: scope,
    'io.element.msc4308.thread_subscriptions': z.object({ enabled: flag, limit: count.nullish() }).nullish(),
  })
  .nullish()

const shared = { conn_id: name.nullish(), extensions }

const bounded = <S extends z.ZodType>(key: z.ZodType<string, string>, value: S, max: number) =>
  z
    .record(key, value)
    .refine((all) => Object.keys(all).length <= max, `expected at most ${max} entries`)
    .nullish()

type Patterns = readonly unknown[] | null | undefined
type StateOfList = Patterns | { include?: Patterns; exclude?: Patterns }
type StatesOfLists = Record<string, { required_state?: StateOfList }> | null | undefined

function fewPatterns(lists: StatesOfLists): boolean {
  const counts = Object.values(lists ?? {}).map(({ required_state: state }) =>
    state && 'length' in state ? state.length : (state?.include?.length ?? 0) + (state?.exclude?.length ?? 0),
  )
  return counts.reduce((sum, count) => sum + count, 0) <= MAX_LIST_PATTERNS
}
const FEW_PATTERNS = `expected at most ${MAX_LIST_PATTERNS} patterns of required_state in all lists`

// The shape of `/v4/sync`.

const pattern = z.object({ type: name.nullish(), state_key: name.nullish() })
const patterns = z.array(pattern).max(MAX_PATTERNS).nullish()
const stableRoom = {
  timeline_limit: count,
  required_state: z.object({ include: patterns, exclude: patterns, lazy_members: flag }),
}
export const stableBody = z.object({
  ...shared,
  pos: z.string().nullish(),
  timeout: count.nullish(),
  set_presence: presenceStates.nullish(),
  lists: bounded(
    name,
    z.object({
      ...stableRoom,
      range: range.nullish(),
      filters: filters.extend({ is_invited: flag }).nullish(),
    }),
    MAX_LISTS,
  ).refine(fewPatterns, FEW_PATTERNS),
  room_subscriptions: bounded(roomId, z.object(stableRoom), MAX_SUBSCRIPTIONS),
})

// The earlier shape. `sort` and other keys of MSC3575 have no effect.

const unstableRoom = {
  timeline_limit: count.nullish(),
  required_state: z
    .array(z.tuple([name, name]))
    .max(MAX_PATTERNS)
    .nullish(),
}
export const unstableBody = z.object({
  ...shared,
  txn_id: name.nullish(),
  lists: bounded(
    name,
    z.object({
      ...unstableRoom,
      ranges: z.array(range).max(MAX_RANGES).nullish(),
      filters: filters.extend({ is_invite: flag }).nullish(),
    }),
    MAX_LISTS,
  ).refine(fewPatterns, FEW_PATTERNS),
  room_subscriptions: bounded(roomId, z.object(unstableRoom), MAX_SUBSCRIPTIONS),
})

export type StableBody = z.infer<typeof stableBody>
export type UnstableBody = z.infer<typeof unstableBody>
type Rules = Pick<SlidingRequest, 'connId' | 'lists' | 'subscriptions' | 'extensions'>

export function stableRules(body: StableBody): Rules {
  const config = (room: { timeline_limit: number; required_state: StableState }): RoomConfig => ({
    timelineLimit: Math.min(room.timeline_limit, MAX_TIMELINE),
    requiredState: {
      include: patternsOf(room.required_state.include),
      exclude: patternsOf(room.required_state.exclude),
      lazyMembers: room.required_state.lazy_members ?? false,
    },
  })
  return {
    connId: body.conn_id ?? '',
    extensions: extensionsOf(body.extensions),
    lists: mapped(body.lists, (list): ListRequest => ({
      ...config(list),
      ranges: rangesOf(list.range && [list.range]),
      filters: filtersOf(list.filters, list.filters?.is_invited),
    })),
    subscriptions: mapped(body.room_subscriptions, config) as ReadonlyMap<RoomId, RoomConfig>,
  }
}

export function unstableRules(body: UnstableBody): Rules {
  const config = (room: {
    timeline_limit?: number | null | undefined
    required_state?: UnstableState
  }): RoomConfig => ({
    timelineLimit: Math.min(room.timeline_limit ?? DEFAULT_TIMELINE, MAX_TIMELINE),
    requiredState: requiredStateOf(room.required_state ?? []),
  })
  return {
    connId: body.conn_id ?? '',
    extensions: extensionsOf(body.extensions),
    lists: mapped(body.lists, (list): ListRequest => ({
      ...config(list),
      ranges: rangesOf(list.ranges),
      filters: filtersOf(list.filters, list.filters?.is_invite),
    })),
    subscriptions: mapped(body.room_subscriptions, config) as ReadonlyMap<RoomId, RoomConfig>,
  }
}

/**
 * The same rules again for the same body, which clients send again with each request (`repeatedJson`), also
 * for other users.
 */
export function remembered<Body extends object>(rulesOf: (body: Body) => Rules): typeof rulesOf {
  const known = new WeakMap<Body, Rules>()
  return (body) => {
    let rules = known.get(body)
    if (rules === undefined) known.set(body, (rules = rulesOf(body)))
    return rules
  }
}

const DEFAULT_TIMELINE = 10

type StableState = NonNullable<StableBody['lists']>[string]['required_state']
type UnstableState = readonly (readonly [string, string])[] | null | undefined

function mapped<From, To>(
  record: Record<string, From> | null | undefined,
  of: (from: From) => To,
): ReadonlyMap<string, To> {
  const entries = Object.entries(record ?? {})
  return entries.length === 0 ? NOTHING : new Map(entries.map(([key, value]) => [key, of(value)]))
}

/** Shared, because thousands of requests wait. */
const NOTHING: ReadonlyMap<string, never> = new Map<string, never>()

/** A copy without the spare room that zod leaves in a list: a sixth of a kilobyte. */
const rangesOf = (ranges: readonly (readonly [number, number])[] | null | undefined) =>
  ranges?.map(([from, to]) => [from, to] as const)

function patternsOf(of: readonly z.infer<typeof pattern>[] | null | undefined): StatePattern[] {
  return (of ?? []).map(({ type, state_key: stateKey }) => ({
    type: type ?? undefined,
    stateKey: stateKey ?? undefined,
  }))
}

const MEMBER = 'm.room.member'

/**
 * `*` stands for any type or key, `$ME` for the user, and the pair of `m.room.member` and `$LAZY` for members
 * that are loaded lazily.
 */
function requiredStateOf(pairs: NonNullable<UnstableState>): AskedState {
  const isLazy = ([type, key]: readonly [string, string]) => type === MEMBER && key === '$LAZY'
  return {
    include: pairs
      .filter((pair) => !isLazy(pair))
      .map(([type, key]) => ({
        type: type === '*' ? undefined : type,
        ...(key === '$ME' ? { isOwn: true } : { stateKey: key === '*' ? undefined : key }),
      })),
    exclude: [],
    lazyMembers: pairs.some(isLazy),
  }
}

function filtersOf(
  of: z.infer<typeof filters> | null | undefined,
  isInvited: boolean | null | undefined,
): ListFilters {
  return {
    isDm: of?.is_dm ?? undefined,
    isEncrypted: of?.is_encrypted ?? undefined,
    isInvited: isInvited ?? undefined,
    spaces: of?.spaces ?? undefined,
    // Element X sends an empty list for "no filter", which no room could match.
    roomTypes: of?.room_types?.length === 0 ? undefined : (of?.room_types ?? undefined),
    notRoomTypes: of?.not_room_types ?? undefined,
    tags: of?.tags ?? undefined,
    notTags: of?.not_tags ?? undefined,
  }
}

/** A larger `limit` of thread subscriptions counts as this value. */
const MAX_CHANGES = 500

function extensionsOf(of: z.infer<typeof extensions>): ExtensionRequests {
  const { to_device: toDevice, 'io.element.msc4308.thread_subscriptions': threads } = of ?? {}
  const scopeOf = (one: z.infer<typeof scope>): RoomScope | undefined =>
    one?.enabled ? { lists: namesOf(one.lists), rooms: namesOf(one.rooms) } : undefined
  return {
    ...(toDevice?.enabled && {
      toDevice: {
        since: toDevice.since ? parsePoint(toDevice.since) : undefined,
        limit: toDevice.limit ?? Number.MAX_SAFE_INTEGER,
      },
    }),
    e2ee: of?.e2ee?.enabled ?? false,
    accountData: scopeOf(of?.account_data),
    receipts: scopeOf(of?.receipts),
    typing: scopeOf(of?.typing),
    ...(threads?.enabled && {
      threadSubscriptions: { limit: Math.min(Math.max(1, threads.limit ?? 100), MAX_CHANGES) },
    }),
  }
}

/** undefined: all. */
function namesOf(of: readonly string[] | null | undefined): ReadonlySet<string> | undefined {
  return !of || of.includes('*') ? undefined : new Set(of)
}
