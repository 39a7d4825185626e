import type { StreamPoint } from '../../../storage/stream-point.ts'
import { ROOM_EXTENSIONS } from './extension-scope.ts'
import type { ExtensionRequests } from './request.ts'

/** What `pos` says about the extensions of the previous response. */
export type KnownExtensions = {
  /** The letters of the extensions that it had. An extension that is new on the connection starts with everything. */
  letters: string
  /** The client has the changes of device lists up to this point. undefined: up to that of `pos`. */
  listsUpTo: StreamPoint | undefined
}

export const LETTERS = {
  accountData: 'a',
  e2ee: 'e',
  receipts: 'r',
  threadSubscriptions: 's',
  typing: 't',
} as const

type Name = keyof typeof LETTERS

export const NO_EXTENSIONS: KnownExtensions = { letters: '', listsUpTo: undefined }

export const hasExtension = ({ letters }: KnownExtensions, name: Name): boolean =>
  letters.includes(LETTERS[name])

const NAMES = Object.keys(LETTERS) as Name[]

/** By the extensions of a request, which are the same object while a connection sends the same body. */
const lettersOfRequests = new WeakMap<ExtensionRequests, string>()

export function lettersOf(requests: ExtensionRequests): string {
  let letters = lettersOfRequests.get(requests)
  if (letters === undefined) {
    letters = NAMES.map((name) => (isOn(requests, name) ? LETTERS[name] : '')).join('')
    lettersOfRequests.set(requests, letters)
  }
  return letters
}

const isOn = (requests: ExtensionRequests, name: Name) =>
  requests[name] !== undefined && requests[name] !== false

/**
 * @param at the point up to which the client has the device lists if the previous response had them;
 *   otherwise that of this response
 */
export function extensionsAfter(
  requests: ExtensionRequests,
  { listsUpTo }: KnownExtensions,
  at: StreamPoint,
): KnownExtensions {
  return { letters: lettersOf(requests), listsUpTo: requests.e2ee ? undefined : (listsUpTo ?? at) }
}

/** The extensions with data of rooms that the previous response had and this request does not ask for, as bits. */
export function switchedOff(requests: ExtensionRequests, known: KnownExtensions): number {
  if (known.letters === lettersOf(requests)) return 0
  let bits = 0
  for (const [name, bit] of Object.entries(ROOM_EXTENSIONS))
    if (hasExtension(known, name as Name) && !isOn(requests, name as Name)) bits |= bit
  return bits
}
