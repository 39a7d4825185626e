import { BoundedMap } from '../lib/bounded-map.ts'
import type { RoomId } from '../lib/ids.ts'
import type { Event } from '../lib/matrix-event.ts'
import type { Transaction } from '../storage/database.ts'
import { findNamed, type KeyedMember, type Named, namesOfRoom } from './named-members-store.ts'

/** In a room with more joined and invited members, a query finds the names. */
const MAX_MEMBERS = 64
/** The maximum size of the cache, over all rooms. A display name in a member event can have 64 KiB. */
const MAX_CHARACTERS = 8 * 1024 * 1024
/** About the size of a member without its names. */
const MEMBER_CHARACTERS = 100

export type NamesWanted = Pick<Event, 'roomId' | 'sender'> & {
  /** The keys of a text (`push-rules/mention-index.ts`). */
  keys: readonly string[]
  /** `rooms.members_version`, in the transaction. */
  version: number
  /** The number of joined and invited members, before or after the event. */
  memberCount: number
}

export type MemberNames = {
  /** Joined members other than the sender whose display name or localpart may be in a text with these keys. */
  find(tx: Transaction, wanted: NamesWanted): Promise<Named[]>
}

type RoomNames = { version: number; members: readonly KeyedMember[] }

/**
 * Caches the names in small rooms. An entry is valid while its version is current. It is added when its
 * transaction commits.
 */
export function createMemberNames({ maxCharacters = MAX_CHARACTERS } = {}): MemberNames {
  const rooms = new BoundedMap<RoomId, RoomNames>({ limit: maxCharacters, weightOf: charactersOf })

  async function membersOf(
    tx: Transaction,
    { roomId, version }: NamesWanted,
  ): Promise<readonly KeyedMember[]> {
    const known = rooms.get(roomId)
    if (known?.version === version) return known.members
    const members = await namesOfRoom(tx, roomId, MAX_MEMBERS + 1)
    tx.onCommit(() => {
      if ((rooms.peek(roomId)?.version ?? -1) < version) rooms.set(roomId, { version, members })
    })
    return members
  }

  return {
    async find(tx, wanted) {
      if (wanted.memberCount > MAX_MEMBERS) return findNamed(tx, wanted)
      const keys = new Set(wanted.keys)
      const members = await membersOf(tx, wanted)
      return members.filter(
        ({ userId, nameKey, localpartKey }) =>
          userId !== wanted.sender && (keys.has(nameKey) || keys.has(localpartKey)),
      )
    },
  }
}

function charactersOf({ members }: RoomNames): number {
  const ofMember = ({ userId, displayname, nameKey, localpartKey }: KeyedMember) =>
    userId.length + (displayname?.length ?? 0) + nameKey.length + localpartKey.length
  return members.reduce((sum, member) => sum + MEMBER_CHARACTERS + ofMember(member), MEMBER_CHARACTERS)
}
