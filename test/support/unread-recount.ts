import assert from 'node:assert/strict'

type Unread = { notification_count: number; highlight_count: number }
/** The part of `userDataOf` that is counted. */
export type CountedData = {
  rooms: Record<string, { unread: Unread; threads?: Record<string, Unread> }>
  notifications: {
    room_id: string
    read: boolean
    actions: unknown[]
    event: { content: { 'm.relates_to'?: { rel_type?: string; event_id?: string } } }
  }[]
}

/**
 * Counts the notifications of the list that are not read, one by one, and compares the result with the counts
 * of the sync, which are differences of totals. Returns the number of rooms and threads with unread
 * notifications.
 */
export function countsOfTheList({ rooms, notifications }: CountedData): number {
  const counted = new Map<string, Unread>()
  for (const { room_id: room, read, actions, event } of notifications) {
    if (read || rooms[room] === undefined) continue
    const relation = event.content['m.relates_to']
    const thread = relation?.rel_type === 'm.thread' ? relation.event_id : 'main'
    const key = `${room} ${thread}`
    const counts = counted.get(key) ?? { notification_count: 0, highlight_count: 0 }
    counts.notification_count++
    if (JSON.stringify(actions).includes('"highlight"')) counts.highlight_count++
    counted.set(key, counts)
  }
  const shown = Object.entries(rooms).flatMap(([room, { unread, threads = {} }]) =>
    Object.entries({ main: unread, ...threads }).map(
      ([thread, counts]) => [`${room} ${thread}`, counts] as const,
    ),
  )
  assert.deepEqual(new Map(shown.filter(([, counts]) => counts.notification_count > 0)), counted)
  return counted.size
}
