import { accountDataOfType } from '../../../accounts/account-data-store.ts'
import type { RoomId, UserId } from '../../../lib/ids.ts'
import { isJsonObject, parseStored } from '../../../lib/json.ts'
import type { Queries } from '../../../storage/query.ts'
import { currentStateOfRooms } from '../../state-store.ts'
import { tagsOfRooms } from './account-data-store.ts'
import type { FilterFacts } from './list-filters.ts'
import type { ListFilters } from './request.ts'
import type { RoomMap } from './room-map.ts'

/** Whether the filters depend on more than the rooms themselves. */
export const needsFacts = ({ isDm, tags, notTags, spaces }: ListFilters): boolean =>
  isDm !== undefined || tags !== undefined || notTags !== undefined || spaces !== undefined

export const NO_FACTS: FilterFacts = { isDm: () => false, tags: new Map(), children: new Map() }

/** Reads only what the filters look at. `isDm` is part of every room, so it is always read. */
export async function filterFacts(
  read: Queries,
  of: { userId: UserId; filters: readonly ListFilters[]; rooms: Pick<RoomMap, 'get'> },
): Promise<FilterFacts> {
  const { userId, filters, rooms } = of
  const direct = await directRooms(read, userId)
  const hasTags = filters.some(({ tags, notTags }) => tags !== undefined || notTags !== undefined)
  const spaces = new Set(filters.flatMap((filter) => filter.spaces ?? []))
  const joined = [...spaces].flatMap((space) => {
    const room = rooms.get(space as RoomId)
    return room?.membership === 'join' ? [room] : []
  })
  return {
    isDm: (roomId) => direct.has(roomId),
    tags: hasTags ? await roomTags(read, userId) : new Map(),
    children: await childrenOf(
      read,
      joined.map(({ roomId }) => roomId),
    ),
  }
}

/** The rooms in `m.direct` (client-server API, "Direct Messaging"). */
async function directRooms(read: Queries, userId: UserId): Promise<Set<RoomId>> {
  const row = await read.first(accountDataOfType, { userId, roomId: '', type: 'm.direct' })
  const lists = row ? Object.values(parseStored(row.content)) : []
  return new Set(lists.flatMap((list) => (Array.isArray(list) ? (list as RoomId[]) : [])))
}

async function roomTags(read: Queries, userId: UserId): Promise<FilterFacts['tags']> {
  const rows = await read.all(tagsOfRooms, { userId })
  return new Map(
    rows.flatMap((row) => {
      const tags = parseStored(row.content)['tags']
      return row.room_id !== '' && isJsonObject(tags) ? [[row.room_id, new Set(Object.keys(tags))]] : []
    }),
  )
}

/** The children of spaces. A child without servers has been removed (client-server API, "m.space.child"). */
async function childrenOf(read: Queries, spaces: readonly RoomId[]): Promise<FilterFacts['children']> {
  if (spaces.length === 0) return new Map()
  const states = await currentStateOfRooms(read, spaces, ['m.space.child'])
  return new Map(
    [...states].map(([spaceId, events]) => {
      const children = events.filter(({ content }) => Array.isArray(content['via']))
      return [spaceId, new Set(children.flatMap(({ stateKey }) => stateKey ?? []))]
    }),
  )
}
