import type { UserId } from '../lib/ids.ts'
import { parseStored } from '../lib/json.ts'
import type { Event } from '../lib/matrix-event.ts'
import { type RoomVersion, storedVersion } from './room-versions.ts'

/**
 * The creators of a room, the sender of `m.room.create` first (client-server API, "m.room.create"). Room
 * version 10 repeats the sender in `content.creator`, which `createRoom` writes itself; version 11 removed
 * that key. Since version 12 the users in `content.additional_creators` are creators too. Earlier versions
 * ignore that key.
 */
export function creatorsOf(
  version: RoomVersion,
  create: Pick<Event, 'sender' | 'content'>,
): readonly UserId[] {
  if (!version.creatorsRule) return [create.sender]
  const additional = create.content['additional_creators']
  const others = Array.isArray(additional) ? additional.filter((one) => typeof one === 'string') : []
  return [...new Set([create.sender, ...(others as UserId[])])]
}

/** Like `creatorsOf`, from the stored room. Parses the content only for versions that use it. */
export function storedCreators(row: {
  version: string
  creator: UserId
  /** null: the room has no create event yet. */
  create_content: string | null
}): readonly UserId[] {
  const version = storedVersion(row.version)
  const text = version.creatorsRule ? row.create_content : null
  return creatorsOf(version, { sender: row.creator, content: text === null ? {} : parseStored(text) })
}
