import { isRoomAlias, type UserId } from '../lib/ids.ts'
import type { Json } from '../lib/json.ts'

/** Values that stand as they are in a state event may be of any type; those of the wrong type count as absent. */
export type RoomNameInput = {
  /** `name` of `m.room.name`. */
  name?: Json | undefined
  /** `alias` of `m.room.canonical_alias`. */
  canonicalAlias?: Json | undefined
  /** The first few members, oldest membership first; the recipient may be among them or not. */
  members: readonly NamedMember[]
  /** How many are joined or invited, the recipient included. */
  memberCount: number
  recipient: UserId
  /** Only when the recipient is invited: does the room have a member event of whoever invited them? */
  invite?: { inviterKnown: boolean } | undefined
}

export type NamedMember = { userId: UserId; displayname?: Json | undefined; membership: string }

/**
 * The `room_name` of a poke (client-server API, "Calculating the display name for a room", as push gateways know it).
 * `undefined`: send none. In a room of two, and for an invite from somebody known, the client shows the person instead.
 */
export function roomNameFor(input: RoomNameInput): string | undefined {
  if (typeof input.name === 'string' && input.name !== '') return input.name
  if (typeof input.canonicalAlias === 'string' && isRoomAlias(input.canonicalAlias))
    return input.canonicalAlias
  if (input.invite !== undefined) return input.invite.inviterKnown ? undefined : 'Room Invite'

  const others = input.members.filter(
    (member) =>
      member.userId !== input.recipient && (member.membership === 'join' || member.membership === 'invite'),
  )
  const count = Math.max(input.memberCount - 1, others.length)
  const [first, second] = others
  if (count === 0) return 'Empty Room'
  if (count === 1 || first === undefined) return undefined
  if (count === 2 && second !== undefined) return `${nameOf(first)} and ${nameOf(second)}`
  return `${nameOf(first)} and ${count - 1} ${count === 2 ? 'other' : 'others'}`
}

function nameOf(member: NamedMember): string {
  return typeof member.displayname === 'string' && member.displayname !== ''
    ? member.displayname
    : member.userId
}
