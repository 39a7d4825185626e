import { call } from './api.ts'

/** The newest rooms, of which the names are asked for. */
const ROOMS = 200

type SlidingRooms = {
  rooms: Record<string, { name?: string | null; heroes?: { user_id: string; displayname?: string }[] }>
}

/** The names of the user's rooms by room id, the newest room first. A room without a name has those of its members. */
export async function namedRooms(abort?: AbortSignal): Promise<Map<string, string>> {
  const body = {
    conn_id: 'belfry-console',
    timeout: 0,
    lists: { rooms: { range: [0, ROOMS - 1], timeline_limit: 0, required_state: {} } },
  }
  const { rooms } = await call<SlidingRooms>('POST', '/_matrix/client/v4/sync', { body, signal: abort })
  return new Map(
    Object.entries(rooms).map(([roomId, { name, heroes = [] }]) => {
      const members = heroes.map(({ user_id: userId, displayname }) => displayname ?? userId).join(', ')
      return [roomId, name || members || roomId]
    }),
  )
}
