import { invalidParam } from '../../lib/errors.ts'
import {
  coversPoint,
  earlierOf,
  isSamePoint as isSameStreamPoint,
  parsePoint,
  POINT_FORM,
  pointText,
  type StreamPoint,
} from '../../storage/stream-point.ts'

// A token is a vector: the point in the stream of the server, and the parts of sections whose news have no
// position there. Its text is `s<point>`, then `_<letter><value>` for each part. With one shard, the point is
// a number. A token without a part is valid: clients keep tokens over upgrades. So is a token with an unknown
// part: after the operator goes back to an earlier version with a back-up, clients still have the tokens of
// the newer version, and a client cannot continue after a 400 (decision 33). Earlier forms are
// `s<position>_<typing>` and `s<position>_<typing>_<defaults>`.

/** The parts. To add one, add its type here and its form to `PARTS`. */
export type TokenParts = {
  /** The serial of the typing notifications that the client has. */
  typing?: number | undefined
  /** The fingerprint of the default push rules that the client has. */
  defaults?: string | undefined
  /** The position of the last to-device message in the response; 0 when it has none. */
  toDevice?: number | undefined
  /** The connection of sliding sync (`sliding/pos.ts`). */
  connection?: string | undefined
  /** The point of the presence that the client has. Missing: that of the token. */
  presence?: StreamPoint | undefined
}

/** The client has everything up to and including `position`. Tokens for pagination are one number, without parts. */
export type SyncToken = { position: StreamPoint } & TokenParts

/** `valueOf`: undefined when the text is not valid. `textOf`: `String` if it is absent. */
type Form<T> = {
  letter: string
  valueOf: (text: string) => T | undefined
  textOf?: (value: NonNullable<T>) => string
}

const matching =
  <T>(pattern: RegExp, valueOf: (text: string) => T) =>
  (text: string): T | undefined =>
    pattern.test(text) ? valueOf(text) : undefined

const PARTS: { [K in keyof TokenParts]-?: Form<TokenParts[K]> } = {
  typing: { letter: 't', valueOf: matching(/^\d{1,15}$/, Number) },
  defaults: { letter: 'r', valueOf: matching(/^[0-9a-f]{8}$/, String) },
  toDevice: { letter: 'd', valueOf: matching(/^\d{1,15}$/, Number) },
  connection: { letter: 'c', valueOf: matching(/^[0-9a-zA-Z.~-]{1,256}$/, String) },
  presence: { letter: 'p', valueOf: parsePoint, textOf: pointText },
}
const NAMES = Object.keys(PARTS) as (keyof TokenParts)[]
const NAME_OF_LETTER = new Map(NAMES.map((name) => [PARTS[name].letter, name]))

const FORM = new RegExp(`^s(${POINT_FORM})((?:_[a-z][0-9A-Za-z.~-]{1,256})*)$`)
const EARLIER_FORM = /^s(\d{1,15})_(\d{1,15})(?:_([0-9a-f]{8}))?$/

export function syncToken(token: SyncToken): string {
  let text = `s${pointText(token.position)}`
  for (const name of NAMES) text += partText(PARTS[name] as Form<TokenParts[typeof name]>, token[name])
  return text
}

const partText = <T>({ letter, textOf = String }: Form<T>, value: T): string =>
  value === undefined || value === null ? '' : `_${letter}${textOf(value)}`

/** A token for `/messages`, `prev_batch` and `at`: the point directly after `position`. */
export function pageToken(position: number): string {
  return syncToken({ position: [Math.max(0, position)] })
}

/**
 * Parses all forms: clients pass `next_batch` to `/messages` and `prev_batch` to `/members`.
 * @param name the query parameter, for the error
 * @throws 400 M_INVALID_PARAM when the text is not a token of this server
 */
export function parseToken(text: string, name: string): SyncToken {
  const [, point = '', rest = ''] = FORM.exec(text) ?? []
  const position = parsePoint(point)
  if (position === undefined) {
    const earlier = EARLIER_FORM.exec(text)
    if (!earlier) throw notAToken(name)
    return { position: [Number(earlier[1])], typing: Number(earlier[2]), defaults: earlier[3] }
  }
  const token: SyncToken = { position }
  const parts: Record<string, unknown> = token
  let letters = ''
  for (const part of rest.split('_').slice(1)) {
    const letter = part.charAt(0)
    if (letters.includes(letter)) throw notAToken(name, `the part "${letter}" occurs twice`)
    letters += letter
    const known = NAME_OF_LETTER.get(letter)
    if (known === undefined) continue
    const value = PARTS[known].valueOf(part.slice(1))
    if (value === undefined) throw notAToken(name, `the part "${letter}" has an invalid value`)
    parts[known] = value
  }
  return token
}

const notAToken = (name: string, fault = 'tokens have the form s123_t45_r0123abcd') =>
  invalidParam(`${name} is not a token of this server: ${fault}`)

/**
 * After a restore of the database, a token can be ahead of it. Such a token continues from the current point
 * in each shard where it is ahead, also in the serial of typing. Its part for to-device messages is dropped:
 * messages that were stored after the restore can have the positions of received ones. A token of a database
 * with another number of shards continues from its lowest position.
 */
export function notAhead(since: SyncToken, now: Pick<SyncToken, 'position' | 'typing'>): SyncToken {
  const earlier = { ...since, position: earlierOf(now.position, since.position) }
  if (since.presence) earlier.presence = earlierOf(now.position, since.presence)
  if (since.typing !== undefined && now.typing !== undefined)
    earlier.typing = Math.min(since.typing, now.typing)
  if (!coversPoint(now.position, since.position)) delete earlier.toDevice
  return earlier
}

/** Whether nothing happened between the two. A missing part is a difference. */
export function isSamePoint(since: SyncToken, now: SyncToken): boolean {
  return isSameStreamPoint(since.position, now.position) && NAMES.every((name) => since[name] === now[name])
}
