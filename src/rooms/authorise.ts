import { isUserId } from '../lib/ids.ts'
import { ALLOWED, type AuthState, type Candidate, refused, type EventAuthResult } from './auth-state.ts'
import { authoriseMember } from './authorise-member.ts'
import { authorisePowerLevels } from './authorise-power-levels.ts'
import { levelOf, levelToSend } from './power-levels.ts'

/**
 * The authorisation rules of room versions 10 to 12 for a server without federation. The rules about other
 * servers, signatures and the event graph are left out. Pure.
 */
export function authorise(event: Candidate, state: AuthState): EventAuthResult {
  if (event.type === 'm.room.create') return authoriseCreate(event, state)
  if (!state.created) return refused('The first event of a room must be m.room.create')
  if (event.type === 'm.room.member') return authoriseMember(event, state)
  if (state.senderMembership !== 'join') return refused('You are not in this room')
  if (event.type === 'm.room.third_party_invite')
    return refused('Invitations by e-mail address or telephone number are not supported')
  const needed = levelToSend(state, event.type, event.stateKey !== undefined)
  const level = levelOf(state, event.sender)
  if (level < needed)
    return refused(`You need power level ${needed} to send ${event.type} in this room; yours is ${level}`)
  if (event.stateKey?.startsWith('@') && event.stateKey !== event.sender)
    return refused('Only the user in the state key can send this state event')
  if (event.type === 'm.room.power_levels') return authorisePowerLevels(event, state)
  return ALLOWED
}

function authoriseCreate(event: Candidate, state: AuthState): EventAuthResult {
  if (state.created) return refused('The room already has an m.room.create event')
  if (event.stateKey !== '') return refused('The state key of m.room.create must be empty')
  if (event.sender !== state.creator) return refused('Only the creator of the room can send m.room.create')
  if (state.version.creatorsRule && !isListOfUsers(event.content['additional_creators']))
    return refused('additional_creators must be a list of user ids')
  return ALLOWED
}

function isListOfUsers(value: unknown): boolean {
  if (value === undefined) return true
  return Array.isArray(value) && value.every((item) => typeof item === 'string' && isUserId(item))
}
