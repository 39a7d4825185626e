import type { RoomId, UserId } from '../lib/ids.ts'
import { isJsonObject, type Json } from '../lib/json.ts'
import { isTimeZone } from '../lib/time-zone.ts'
import type { OwnerFacts } from '../push-rules/index.ts'
import type { Queries } from '../storage/query.ts'
import { roomTagsOf, timeZonesOf } from './owner-facts-store.ts'
import type { RuleRow } from './rules-store.ts'

// The facts about the owner of rules that conditions use: the time zone and the tags of rooms. They are read
// only for users with such a condition. A change of them is announced as a change of the rules, because
// compiled rules contain them.

/** The words by which the conditions on each fact are found in stored rules. */
export const WORDS = { timezone: 'time_and_day', tags: 'org.belfry.room_tag' } as const

/** The facts about the owners of these rules, as far as the rules use them. Users without such a rule are left out. */
export async function ownerFactsOf(
  q: Queries,
  rules: readonly Pick<RuleRow, 'user_id' | 'conditions'>[],
): Promise<ReadonlyMap<UserId, OwnerFacts>> {
  const zoned = ownersOf(rules, WORDS.timezone)
  const tagging = ownersOf(rules, WORDS.tags)
  const zones = zoned.length === 0 ? [] : await q.all(timeZonesOf, { userIds: zoned })
  const tags = tagging.length === 0 ? [] : await q.all(roomTagsOf, { userIds: tagging })
  const facts = new Map<UserId, OwnerFacts>()
  for (const { user_id: userId, value } of zones) facts.set(userId, { timezone: textIn(value) })
  for (const [userId, rows] of Map.groupBy(tags, (row) => row.user_id))
    facts.set(userId, { ...facts.get(userId), taggedRooms: roomsByTag(rows) })
  return facts
}

/** The time zone of a user; undefined: none is set, or this Node does not know it. */
export async function timeZoneOf(q: Queries, userId: UserId): Promise<string | undefined> {
  const [row] = await q.all(timeZonesOf, { userIds: [userId] })
  const zone = row === undefined ? undefined : textIn(row.value)
  return zone !== undefined && isTimeZone(zone) ? zone : undefined
}

function ownersOf(rules: readonly Pick<RuleRow, 'user_id' | 'conditions'>[], word: string): UserId[] {
  const using = rules.filter(({ conditions }) => conditions?.includes(word) === true)
  return [...new Set(using.map((row) => row.user_id))]
}

/** A value that is not a text names no time zone. */
function textIn(value: string): string {
  const parsed = JSON.parse(value) as Json
  return typeof parsed === 'string' ? parsed : ''
}

type TagRow = { room_id: RoomId | ''; content: string }

/** Clients can write m.tag with any content. */
function roomsByTag(rows: readonly TagRow[]): Map<string, Set<string>> {
  const rooms = new Map<string, Set<string>>()
  for (const { room_id: roomId, content } of rows) {
    const parsed = JSON.parse(content) as Json
    const tags = isJsonObject(parsed) ? parsed['tags'] : undefined
    for (const tag of isJsonObject(tags) ? Object.keys(tags) : []) {
      const tagged = rooms.get(tag) ?? new Set()
      rooms.set(tag, tagged.add(roomId))
    }
  }
  return rooms
}
