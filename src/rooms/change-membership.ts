import { isDeepStrictEqual } from 'node:util'
import { userById } from '../accounts/users-store.ts'
import { forbidden, MatrixError, notFound, tooMany } from '../lib/errors.ts'
import { type EventId, type RoomId, serverOf, type UserId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'
import type { EventDraft } from '../lib/matrix-event.ts'
import type { Transaction } from '../storage/database.ts'
import type { Queries } from '../storage/query.ts'
import type { Membership } from '../storage/rooms-schema.ts'
import { appendTo } from './append-event.ts'
import { authorise } from './authorise.ts'
import type { RoomDeps } from './deps.ts'
import { joinedRoomCount, openInvitations } from './membership-store.ts'
import { carrySettings } from './predecessor.ts'
import { removalOfRoom } from './removal/removal-store.ts'
import { restrictedJoin } from './restricted-join.ts'
import { type RoomView, viewRoom } from './room-view.ts'

export type MembershipChange = Pick<EventDraft, 'roomId' | 'sender'> & {
  /** The user whose membership changes. */
  target: UserId
  /** Has `membership`. Other keys from the client stay, and the profile is added. */
  content: JsonObject & { membership: Membership }
  /** The memberships of the target that may change; default: all. The authorisation rules of the room apply as well. */
  from?: readonly Membership[]
  /** When true, nothing changes if the target already has the membership, whatever the rest of the content. */
  onlyIfNew?: boolean
}

/**
 * All changes of membership go through this function. Resolves to the new member event, or to the current one
 * when nothing changes. Throws 403 `M_FORBIDDEN`, or 404 when the room to join or the user to invite does not
 * exist.
 */
export async function changeMembership(
  deps: RoomDeps,
  tx: Transaction,
  change: MembershipChange,
): Promise<EventId> {
  const { roomId, sender, target } = change
  const { membership } = change.content
  const draft = { roomId, sender, type: 'm.room.member', stateKey: target, content: change.content }
  const room = await viewRoom(tx, draft)
  if (!room) throw fromOutside(membership) ? notFound('There is no such room') : forbidden(NOT_IN_ROOM)
  if (room.present && isRepeated(change, room)) return room.present.eventId
  checkTarget(change, room)
  if (WITH_PROFILE.includes(membership)) await checkIsOpen(tx, roomId)
  if (membership === 'invite') await checkInvitee(deps, tx, { draft, room })
  if (membership !== room.targetMembership) await checkQuota(deps, tx, change)
  const content = await contentWithProfile(tx, change)
  const authoriser = membership === 'join' ? await restrictedJoin(tx, target, room) : undefined
  if (authoriser) content['join_authorised_via_users_server'] = authoriser
  const view = { ...room, authoriserJoined: authoriser !== undefined }
  if (membership === 'join' && room.targetMembership !== 'join' && room.predecessor)
    await carrySettings(deps, tx, { userId: target, from: room.predecessor, to: roomId })
  if (room.present?.sender === sender && isDeepStrictEqual(room.present.content, content))
    return room.present.eventId
  return (await appendTo(deps, tx, { draft: { ...draft, content }, room: view })).eventId
}

async function checkQuota({ quotas }: RoomDeps, tx: Queries, change: MembershipChange): Promise<void> {
  const { sender, target, content } = change
  if (content.membership === 'join') {
    const count = await joinedRoomCount(tx, target)
    if (count >= quotas.rooms_joined)
      throw tooMany('quotas.rooms_joined', `You are in ${count} rooms, the maximum; leave one`)
  } else if (content.membership === 'invite') {
    const { count = 0 } = (await tx.first(openInvitations, { sender, target })) ?? {}
    if (count >= quotas.invitations_to_one_user)
      throw tooMany(
        'quotas.invitations_to_one_user',
        `${count} of your invitations to ${target} are still open, the maximum; withdraw one`,
      )
  }
}

/** @throws MatrixError 403 when an administrator has closed the room */
async function checkIsOpen(tx: Queries, roomId: RoomId): Promise<void> {
  const { removal = null } = (await tx.first(removalOfRoom, { roomId })) ?? {}
  if (removal !== null) throw forbidden('An administrator of this server has shut this room down')
}

const NOT_IN_ROOM = 'You are not in this room'

/** Memberships that a user without a membership in the room can set. */
const fromOutside = (membership: Membership) => membership === 'join' || membership === 'knock'

/** Whether the same change was made already, which makes a repeated request idempotent. */
function isRepeated(change: MembershipChange, room: RoomView): boolean {
  const { sender, target, content, onlyIfNew } = change
  if (!onlyIfNew || room.targetMembership !== content.membership) return false
  if (sender === target) return true
  // A user who is not in the room cannot be kicked, even by the sender who kicked them ("Room membership", `/kick`).
  if (content.membership === 'leave') return false
  return authorise({ type: 'm.room.member', stateKey: target, sender, content }, room).allowed
}

function checkTarget(change: MembershipChange, room: RoomView): void {
  const { sender, target, content, from } = change
  if (content.membership !== 'leave' || sender === target) return
  if (room.senderMembership !== 'join') throw forbidden(NOT_IN_ROOM)
  const membership = room.targetMembership
  if (membership === undefined || membership === 'leave') throw forbidden('The user is not in this room')
  if (from && !from.includes(membership))
    throw forbidden(
      membership === 'ban' ? 'The user is banned; unban the user instead' : 'The user is not banned',
    )
}

/** Only users of this server can be invited, because it does not federate. */
async function checkInvitee(
  deps: RoomDeps,
  tx: Queries,
  { draft, room }: { draft: EventDraft & { stateKey: UserId }; room: RoomView },
): Promise<void> {
  const target = draft.stateKey
  if (serverOf(target) !== deps.serverName)
    throw forbidden(`${target} is a user of another server, and this server does not federate`)
  const profile = await tx.first(userById, { userId: target })
  if (!profile || profile.deactivated_at !== null) throw notFound(`There is no user ${target}`)
  // A sender who may not invite gets the error of the authorisation rules, which says nothing about the user.
  if (profile.blocks_invitations === 1 && authorise(draft, room).allowed)
    throw new MatrixError(403, INVITE_BLOCKED, `${target} does not accept invitations`)
}

/** Client-server API, "Invite permission". */
export const INVITE_BLOCKED = 'M_INVITE_BLOCKED'

const WITH_PROFILE: readonly Membership[] = ['join', 'invite', 'knock']

async function contentWithProfile(tx: Queries, change: MembershipChange): Promise<JsonObject> {
  // Only this server may set the member who authorises a restricted join (`join_authorised_via_users_server`).
  const { join_authorised_via_users_server: _, ...content } = change.content
  if (!WITH_PROFILE.includes(change.content.membership)) return content
  const profile = await tx.first(userById, { userId: change.target })
  if (profile?.displayname) content['displayname'] ??= profile.displayname
  if (profile?.avatar_url) content['avatar_url'] ??= profile.avatar_url
  return content
}
