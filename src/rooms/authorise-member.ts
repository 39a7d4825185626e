import type { UserId } from '../lib/ids.ts'
import { ALLOWED, type AuthState, type Candidate, refused, type EventAuthResult } from './auth-state.ts'
import { levelOf, levelToAct } from './power-levels.ts'

/** The rules for `m.room.member`, in the order of the specification ("Authorization rules", rule 4 and below). */
export function authoriseMember(event: Candidate, state: AuthState): EventAuthResult {
  if (event.stateKey === undefined) return refused('m.room.member needs a state key')
  if (event.content['third_party_invite'] !== undefined)
    return refused('Invitations by e-mail address or telephone number are not supported')
  switch (event.content['membership']) {
    case 'join':
      return authoriseJoin(event, state)
    case 'invite':
      return authoriseInvite(event, state)
    case 'leave':
      return event.stateKey === event.sender ? authoriseOwnLeave(state) : authoriseKick(event, state)
    case 'ban':
      return authoriseBan(event, state)
    case 'knock':
      return authoriseKnock(event, state)
    default:
      return refused('membership must be join, invite, leave, ban or knock')
  }
}

export function joinRuleOf(state: Pick<AuthState, 'joinRules'>): string {
  const rule = state.joinRules?.['join_rule']
  return typeof rule === 'string' ? rule : 'invite'
}

function authoriseJoin(event: Candidate, state: AuthState): EventAuthResult {
  if (event.sender !== event.stateKey) return refused('You cannot join for another user')
  if (state.onlyCreated && event.sender === state.creator) return ALLOWED
  if (state.senderMembership === 'ban') return refused('You are banned from this room')
  const rule = joinRuleOf(state)
  if (rule === 'public') return ALLOWED
  const isMember = state.senderMembership === 'join' || state.senderMembership === 'invite'
  if (rule === 'invite' || rule === 'knock')
    return isMember ? ALLOWED : refused('You need an invitation to join this room')
  if (rule === 'restricted' || rule === 'knock_restricted')
    return isMember ? ALLOWED : authoriseRestricted(event, state)
  return refused('The join rule of this room allows no joins')
}

/** This server confirms that the user fulfils a condition, by naming a member who may invite. */
function authoriseRestricted(event: Candidate, state: AuthState): EventAuthResult {
  const authoriser = event.content['join_authorised_via_users_server']
  if (typeof authoriser !== 'string' || !state.authoriserJoined)
    return refused(
      'You need an invitation, or to be a member of one of the rooms in the join rule of this room',
    )
  return levelOf(state, authoriser as UserId) >= levelToAct(state, 'invite')
    ? ALLOWED
    : refused('No member of this room may invite you')
}

function authoriseInvite(event: Candidate, state: AuthState): EventAuthResult {
  if (state.senderMembership !== 'join') return refused('You are not in this room')
  if (state.targetMembership === 'join') return refused('The user is already in this room')
  if (state.targetMembership === 'ban') return refused('The user is banned from this room')
  return checkLevel(event, state, 'invite')
}

function authoriseOwnLeave(state: AuthState): EventAuthResult {
  const membership = state.senderMembership
  return membership === 'join' || membership === 'invite' || membership === 'knock'
    ? ALLOWED
    : refused('You are not in this room')
}

function authoriseKick(event: Candidate, state: AuthState): EventAuthResult {
  if (state.senderMembership !== 'join') return refused('You are not in this room')
  if (state.targetMembership === 'ban') {
    const mayUnban = checkLevel(event, state, 'ban')
    if (!mayUnban.allowed) return mayUnban
  }
  const mayKick = checkLevel(event, state, 'kick')
  return mayKick.allowed ? checkTargetIsLower(event, state) : mayKick
}

function authoriseBan(event: Candidate, state: AuthState): EventAuthResult {
  if (state.senderMembership !== 'join') return refused('You are not in this room')
  const mayBan = checkLevel(event, state, 'ban')
  return mayBan.allowed ? checkTargetIsLower(event, state) : mayBan
}

function authoriseKnock(event: Candidate, state: AuthState): EventAuthResult {
  const rule = joinRuleOf(state)
  if (rule !== 'knock' && rule !== 'knock_restricted')
    return refused('The join rule of this room does not allow knocking')
  if (event.sender !== event.stateKey) return refused('You cannot knock for another user')
  const membership = state.senderMembership
  if (membership === 'ban') return refused('You are banned from this room')
  if (membership === 'invite' || membership === 'join')
    return refused('You are already invited to this room or in it')
  return ALLOWED
}

function checkLevel(event: Candidate, state: AuthState, action: 'invite' | 'kick' | 'ban'): EventAuthResult {
  const needed = levelToAct(state, action)
  const level = levelOf(state, event.sender)
  if (level >= needed) return ALLOWED
  return refused(`You need power level ${needed} to ${action} a user in this room; yours is ${level}`)
}

function checkTargetIsLower(event: Candidate, state: AuthState): EventAuthResult {
  return levelOf(state, event.stateKey as UserId) < levelOf(state, event.sender)
    ? ALLOWED
    : refused('The power level of the user is not below yours')
}
