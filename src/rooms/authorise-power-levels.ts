import { isUserId, type UserId } from '../lib/ids.ts'
import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts'
import {
  ALLOWED,
  type AuthState,
  type Candidate,
  malformed,
  refused,
  type EventAuthResult,
} from './auth-state.ts'
import { integerIn, levelOf } from './power-levels.ts'

const LEVELS = [
  'users_default',
  'events_default',
  'state_default',
  'ban',
  'redact',
  'kick',
  'invite',
] as const

/**
 * The rules for `m.room.power_levels`: only integers (version 10), and no sender changes or sets a level
 * above their own.
 */
export function authorisePowerLevels(event: Candidate, state: AuthState): EventAuthResult {
  const wrong = shapeFault(event.content, state)
  if (wrong !== undefined) return malformed(`m.room.power_levels: ${wrong}`)
  const before = state.powerLevels
  if (!before) return ALLOWED
  const after = event.content
  const mine = levelOf(state, event.sender)
  const beyond = (was: number | undefined, is: number | undefined) =>
    was !== is && ((was ?? -Infinity) > mine || (is ?? -Infinity) > mine)
  for (const name of LEVELS)
    if (beyond(integerIn(before, name), integerIn(after, name)))
      return refused(`${name} is, or would be, above your power level`)
  for (const map of ['events', 'notifications'] as const)
    for (const name of keysOf(before[map], after[map]))
      if (beyond(integerIn(before[map], name), integerIn(after[map], name)))
        return refused(`${map}.${name} is, or would be, above your power level`)
  for (const user of keysOf(before['users'], after['users'])) {
    const was = integerIn(before['users'], user)
    const is = integerIn(after['users'], user)
    if (was === is) continue
    if (user !== event.sender && was !== undefined && was >= mine)
      return refused(`The power level of ${user} is not below yours`)
    if (is !== undefined && is > mine) return refused(`The power level of ${user} would be above yours`)
  }
  return ALLOWED
}

function shapeFault(content: JsonObject, state: AuthState): string | undefined {
  for (const name of LEVELS)
    if (Object.hasOwn(content, name) && !Number.isSafeInteger(content[name]))
      return `${name} must be a whole number`
  for (const map of ['events', 'notifications', 'users'] as const)
    if (Object.hasOwn(content, map) && !isMapOfIntegers(content[map]))
      return `${map} must be an object of whole numbers`
  for (const user of keysOf(content['users'])) {
    if (!isUserId(user)) return 'the keys of users must be user ids, such as @name:server'
    if (state.version.creatorsRule && state.creators.includes(user as UserId))
      return listsCreator(user, 'users')
  }
  return undefined
}

/** Room version 12. `where`: the object that lists the creator. */
export function listsCreator(creator: string, where: string): string {
  return (
    `${where} must not list ${creator}, a creator of the room: since room version 12 the creators are above all power levels. ` +
    `Leave ${creator} out of ${where}, or create the room with "room_version": "11"`
  )
}

function isMapOfIntegers(value: Json | undefined): boolean {
  return isJsonObject(value) && Object.values(value).every((level) => Number.isSafeInteger(level))
}

function keysOf(...maps: (Json | undefined)[]): Set<string> {
  return new Set(maps.flatMap((map) => (isJsonObject(map) ? Object.keys(map) : [])))
}
