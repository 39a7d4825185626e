import { isUserId } from '../lib/ids.ts'
import { ALLOWED, type AuthState, type Candidate, refused, type EventAuthResult } from './auth-state.ts'
import { authoriseMember } from './authorise-member.ts'
import { authorisePowerLevels } from './authorise-power-levels.ts'
import { levelOf, levelToSend } from './power-levels.ts'

/**
 * The authorisation rules of room versions 10 to 12, for a server that has all rooms to itself: what they say of other
 * servers, of signatures and of the graph of events is left out. Pure.
 */
export function authorise(event: Candidate, state: AuthState): EventAuthResult {
  if (event.type === 'm.room.create') return authoriseCreate(event, state)
  if (!state.created) return refused('A room begins with m.room.create')
  if (event.type === 'm.room.member') return authoriseMember(event, state)
  if (state.senderMembership !== 'join') return refused('You are not in this room')
  if (event.type === 'm.room.third_party_invite')
    return refused('Invitations by e-mail address or telephone number are not supported')
  const needed = levelToSend(state, event.type, event.stateKey !== undefined)
  const level = levelOf(state, event.sender)
  if (level < needed)
    return refused(`Sending ${event.type} takes power level ${needed} in this room; yours is ${level}`)
  if (event.stateKey?.startsWith('@') && event.stateKey !== event.sender)
    return refused('A state key that is a user id can be written by that user alone')
  if (event.type === 'm.room.power_levels') return authorisePowerLevels(event, state)
  return ALLOWED
}

function authoriseCreate(event: Candidate, state: AuthState): EventAuthResult {
  if (state.created) return refused('The room has been created already')
  if (event.stateKey !== '') return refused('The state key of m.room.create is empty')
  if (event.sender !== state.creator) return refused('The room is created by somebody else')
  if (state.version.creatorsRule && !isListOfUsers(event.content['additional_creators']))
    return refused('additional_creators must be a list of user ids')
  return ALLOWED
}

function isListOfUsers(value: unknown): boolean {
  if (value === undefined) return true
  return Array.isArray(value) && value.every((item) => typeof item === 'string' && isUserId(item))
}
