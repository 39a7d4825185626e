import { BoundedMap } from '../../../lib/bounded-map.ts'
import { MatrixError } from '../../../lib/errors.ts'
import type { Viewer } from '../../../lib/matrix-event.ts'
import { parsePoint, POINT_FORM, pointText } from '../../../storage/stream-point.ts'
import { shortHash } from '../../../lib/short-hash.ts'
import type { KnownExtensions } from './known-extensions.ts'
import { parseToken, type SyncToken, syncToken } from '../token.ts'

// `pos` is a token of /sync with one more part, so `/messages` accepts it as well (MSC4186). The part is
// `<version>.<owner>.<extensions>.<request>`:
// - the version of the connection's state; `0`: no room was sent, and nothing is stored;
// - a hash of user, device and connection, because a `pos` belongs to one connection;
// - the extensions that the response had data for: an extension that is new on the connection starts with
//   everything; and while device lists are not among them, the point up to which the client has those;
// - a hash of the lists, subscriptions and scopes of extensions: the response to changed ones does not wait.

export type ConnectionPart = {
  version: string
  owner: string
  extensions: KnownExtensions
  request: string
}

export const NO_VERSION = '0'

const FORM = new RegExp(
  String.raw`^([0-9a-z]{1,24})\.([0-9a-f]{8})\.x([a-z]{0,7})(|${POINT_FORM})\.([0-9a-f]{8})$`,
)

const connectionPart = ({ version, owner, extensions, request }: ConnectionPart): string =>
  [
    version,
    owner,
    `x${extensions.letters}${extensions.listsUpTo ? pointText(extensions.listsUpTo) : ''}`,
    request,
  ].join('.')

type Pos = { since: SyncToken; part: ConnectionPart }

/** The last texts: the next request of a connection has that of its last response, which is then not parsed. */
const recent = new BoundedMap<string, Pos>({ limit: 4096 })

/** The `pos` of a response. */
export function posOf(token: SyncToken, part: ConnectionPart): string {
  const since = { ...token, connection: connectionPart(part) }
  const text = syncToken(since)
  recent.set(text, { since, part })
  return text
}

/** The MSC's answer to a `pos` that cannot be continued: the client starts a new connection. */
export const unknownPos = (why: string) =>
  new MatrixError(400, 'M_UNKNOWN_POS', `${why}. Start again without pos`)

/**
 * @throws 400 M_UNKNOWN_POS when it is no `pos` of this server, or that of another connection
 */
export function parsePos(text: string, owner: string): Pos {
  const known = recent.get(text)
  if (known?.part.owner === owner) return known
  const since = tokenOf(text)
  const [, version, ofOwner, letters = '', listsUpTo = '', request] = FORM.exec(since?.connection ?? '') ?? []
  if (!since || version === undefined || ofOwner === undefined || request === undefined)
    throw unknownPos('pos is not a position of this server')
  if (ofOwner !== owner) throw unknownPos('pos belongs to another connection, device or user')
  const extensions = { letters, listsUpTo: parsePoint(listsUpTo) }
  return { since, part: { version, owner: ofOwner, extensions, request } }
}

function tokenOf(text: string): SyncToken | undefined {
  try {
    return parseToken(text, 'pos')
  } catch {
    return undefined
  }
}

export const hashOf = (text: string): string => shortHash(text).slice(0, 8)

/** The hashes of the last owners: a connection asks for its own with each request. */
const owners = new BoundedMap<string, string>({ limit: 4096 })

export const ownerOf = ({ userId, deviceId }: Viewer, connId: string): string =>
  owners.getOrInsertComputed(JSON.stringify([userId, deviceId, connId]), hashOf)
