import type { RoomId } from '../../../lib/ids.ts'
import type { ExtensionRequests, RoomScope } from './request.ts'

/** The extensions that have data of rooms, as bits of a number (`SentRoom['extensions']`). */
export const ROOM_EXTENSIONS = { accountData: 1, receipts: 2, typing: 4 } as const

type RoomExtension = keyof typeof ROOM_EXTENSIONS
const NAMES = Object.keys(ROOM_EXTENSIONS) as RoomExtension[]

/** How the windows contain a room. */
type Place = { lists: readonly string[]; subscribed: RoomId | undefined }

/** The extensions that return data of a room (MSC4186, "Extensions": `lists` and `rooms`), as bits. */
export function extensionsAt(requests: ExtensionRequests, place: Place): number {
  let bits = 0
  for (const name of NAMES) {
    const scope = requests[name]
    if (scope && isInScope(scope, place)) bits |= ROOM_EXTENSIONS[name]
  }
  return bits
}

function isInScope({ lists, rooms }: RoomScope, place: Place): boolean {
  const isListed = lists ? place.lists.some((name) => lists.has(name)) : place.lists.length > 0
  return isListed || (place.subscribed !== undefined && (rooms?.has(place.subscribed) ?? true))
}

/** The scopes of the extensions of a request, in a form that can be compared as JSON. */
export const scopesOf = (requests: ExtensionRequests): unknown[] =>
  NAMES.map((name) => {
    const scope = requests[name]
    return scope && [scope.lists && [...scope.lists].sort(), scope.rooms && [...scope.rooms].sort()]
  })
