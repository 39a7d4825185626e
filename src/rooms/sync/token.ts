import { invalidParam } from '../../lib/errors.ts'

// A token is a vector: the position in the stream of the server, and the parts of sections whose news have no position there. Its
// text is `s<position>`, then `_<letter><value>` for each part. A token without a part is valid: clients keep tokens over upgrades.
// So is a token with an unknown part: after the operator goes back to an earlier version with a back-up, clients still have the tokens
// of the newer version, and a client cannot continue after a 400 (decision 33). Earlier forms are `s<position>_<typing>` and
// `s<position>_<typing>_<defaults>`.

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
  /** The position of the presence that the client has. Missing: that of the token. */
  presence?: number | undefined
}

/** A point between two events: the client has everything up to and including `position`. Tokens for pagination have no parts. */
export type SyncToken = { position: number } & TokenParts

type Form<T> = { letter: string; pattern: RegExp; valueOf(text: string): T }

const PARTS: { [K in keyof TokenParts]-?: Form<TokenParts[K]> } = {
  typing: { letter: 't', pattern: /^\d{1,15}$/, valueOf: Number },
  defaults: { letter: 'r', pattern: /^[0-9a-f]{8}$/, valueOf: String },
  toDevice: { letter: 'd', pattern: /^\d{1,15}$/, valueOf: Number },
  connection: { letter: 'c', pattern: /^[0-9a-z.]{1,64}$/, valueOf: String },
  presence: { letter: 'p', pattern: /^\d{1,15}$/, valueOf: Number },
}
const NAMES = Object.keys(PARTS) as (keyof TokenParts)[]

const FORM = /^s(\d{1,15})((?:_[a-z][0-9A-Za-z.~-]{1,64})*)$/
const EARLIER_FORM = /^s(\d{1,15})_(\d{1,15})(?:_([0-9a-f]{8}))?$/

export function syncToken(token: SyncToken): string {
  const parts = NAMES.filter((name) => token[name] !== undefined)
  return `s${token.position}${parts.map((name) => `_${PARTS[name].letter}${token[name]}`).join('')}`
}

/** A token for `/messages`, `prev_batch` and `at`: the point directly after `position`. */
export function pageToken(position: number): string {
  return syncToken({ position: Math.max(0, position) })
}

/**
 * Parses all forms: clients pass `next_batch` to `/messages` and `prev_batch` to `/members`.
 * @param name the query parameter, for the error
 * @throws 400 M_INVALID_PARAM when the text is not a token of this server
 */
export function parseToken(text: string, name: string): SyncToken {
  const earlier = EARLIER_FORM.exec(text)
  if (earlier) return { position: Number(earlier[1]), typing: Number(earlier[2]), defaults: earlier[3] }
  const [, position, rest = ''] = FORM.exec(text) ?? []
  const parts = rest.split('_').slice(1)
  if (position === undefined) throw notAToken(name)
  const token: SyncToken = { position: Number(position) }
  const letters = new Set<string | undefined>()
  for (const part of parts) {
    const [letter] = part
    if (letters.has(letter)) throw notAToken(name, `the part "${letter}" occurs twice`)
    letters.add(letter)
    const known = NAMES.find((one) => PARTS[one].letter === letter)
    const value = part.slice(1)
    if (known === undefined) continue
    if (!PARTS[known].pattern.test(value)) throw notAToken(name, `the part "${letter}" has an invalid value`)
    Object.assign(token, { [known]: PARTS[known].valueOf(value) })
  }
  return token
}

const notAToken = (name: string, fault = 'tokens have the form s123_t45_r0123abcd') =>
  invalidParam(`${name} is not a token of this server: ${fault}`)

/**
 * After a restore of the database, a token can be ahead of it. Such a token continues from the current point, also in the serial of typing. Its part for to-device
 * messages is dropped: messages that were stored after the restore can have the positions of received ones.
 */
export function notAhead(since: SyncToken, now: SyncToken): SyncToken {
  const earlier = { ...since, position: Math.min(since.position, now.position) }
  for (const name of NAMES) {
    const [before, current] = [since[name], now[name]]
    if (name === 'toDevice') continue
    if (typeof before === 'number' && typeof current === 'number')
      Object.assign(earlier, { [name]: Math.min(before, current) })
  }
  if (since.position > now.position) delete earlier.toDevice
  return earlier
}

/** Whether nothing happened between the two. A missing part is a difference. */
export function isSamePoint(since: SyncToken, now: SyncToken): boolean {
  return since.position === now.position && NAMES.every((name) => since[name] === now[name])
}
