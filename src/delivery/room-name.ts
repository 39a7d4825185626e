import { isRoomAlias, type UserId } from '../lib/ids.ts'
import type { WordsOf } from '../language/load-words.ts'
import type { Json } from '../lib/json.ts'

/** Values come from state events without validation. A value of the wrong type counts as absent. */
export type RoomNameInput = {
  /** `name` of `m.room.name`. */
  name?: Json | undefined
  /** `alias` of `m.room.canonical_alias`. */
  canonicalAlias?: Json | undefined
  /** The first members, oldest membership first, with or without the recipient. */
  members: readonly NamedMember[]
  /** The number of joined and invited members, with the recipient. */
  memberCount: number
  recipient: UserId
  /** Only if the recipient is invited. Whether the room has a member event of the inviting user. */
  invite?: { inviterKnown: boolean } | undefined
}

/** The words in the name of a room that users have not named. */
export type RoomNameWords = Pick<WordsOf<'notification'>, 'text' | 'list'>

export type NamedMember = { userId: UserId; displayname?: Json | undefined; membership: string }

/**
 * The `room_name` of a poke (client-server API, "Calculating the display name for a room", with the rules of
 * push gateways). `undefined`: send no name. In a room of two, and for an invitation from a known user, the
 * client shows the person instead.
 */
export function roomNameFor(input: RoomNameInput, words: RoomNameWords): string | undefined {
  const given = givenName(input)
  if (given !== undefined) return given
  if (input.invite !== undefined) return input.invite.inviterKnown ? undefined : words.text('room-invite')

  const others = input.members.filter(
    (member) =>
      member.userId !== input.recipient && (member.membership === 'join' || member.membership === 'invite'),
  )
  const count = Math.max(input.memberCount - 1, others.length)
  const [first, second] = others
  if (count === 0) return words.text('empty-room')
  if (count === 1 || first === undefined) return undefined
  if (count === 2 && second !== undefined) return words.list([nameOf(first), nameOf(second)])
  return words.text('name-and-others', { name: nameOf(first), count: count - 1 })
}

/** Whether the name of the room consists of the names of members. */
export function needsMembers(room: Pick<RoomNameInput, 'name' | 'canonicalAlias' | 'memberCount'>): boolean {
  return givenName(room) === undefined && room.memberCount > 2
}

/** The name or the alias that users have given to the room. */
export function givenName({
  name,
  canonicalAlias,
}: Pick<RoomNameInput, 'name' | 'canonicalAlias'>): string | undefined {
  if (typeof name === 'string' && name !== '') return name
  return typeof canonicalAlias === 'string' && isRoomAlias(canonicalAlias) ? canonicalAlias : undefined
}

function nameOf(member: NamedMember): string {
  return typeof member.displayname === 'string' && member.displayname !== ''
    ? member.displayname
    : member.userId
}
