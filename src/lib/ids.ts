import { randomBytes, randomInt } from 'node:crypto'

// Identifiers are branded types: parsed once at the edge, trusted inside (Matrix appendices, "Identifier Grammar").
declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

export type UserId = Branded<'UserId'>
export type RoomId = Branded<'RoomId'>
export type EventId = Branded<'EventId'>
export type DeviceId = Branded<'DeviceId'>
export type RoomAlias = Branded<'RoomAlias'>

/** The source of randomness for ids and tokens. Tests inject a seeded one. */
export interface Random {
  /** `bytes` random bytes as unpadded base64url. */
  token(bytes: number): string
  /** A whole number from 0 up to, but not including, `below`. */
  below(below: number): number
}

const POOL_BYTES = 4096
let pool = Buffer.alloc(0)

/** A system call costs the same for a few bytes as for thousands. Each byte is used once. */
function pooledBytes(count: number): Buffer {
  if (count > POOL_BYTES) return randomBytes(count)
  if (pool.length < count) pool = randomBytes(POOL_BYTES)
  const taken = pool.subarray(0, count)
  pool = pool.subarray(count)
  return taken
}

export const systemRandom: Random = {
  token: (bytes) => pooledBytes(bytes).toString('base64url'),
  below: (below) => randomInt(below),
}

/** A random UUID (version 4, RFC 9562, section 5.4), in lower case. */
export function uuid(random: Random): string {
  const bytes = Buffer.from(random.token(16), 'base64url')
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

const MAX_ID_BYTES = 255

function isSigiled(text: string, sigil: string): boolean {
  return (
    text.length > 1 &&
    text.startsWith(sigil) &&
    Buffer.byteLength(text) <= MAX_ID_BYTES &&
    !text.includes('\0')
  )
}

// Matrix appendices, "Server Name": a DNS name or an IP address, and a port.
const SERVER_NAME = /^(?:\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z.-]{1,255})(?::\d{1,5})?$/

function namesServer(text: string): boolean {
  const colon = text.indexOf(':')
  return colon > 0 && SERVER_NAME.test(text.slice(colon + 1))
}

/** `@localpart:server`. Historical localparts are accepted, as the specification requires of receivers. */
export function isUserId(text: string): text is UserId {
  return isSigiled(text, '@') && namesServer(text)
}

/** `!opaque` (room version 12) or `!opaque:server`. */
export function isRoomId(text: string): text is RoomId {
  return isSigiled(text, '!')
}

/** `$opaque`. */
export function isEventId(text: string): text is EventId {
  return isSigiled(text, '$')
}

/** `#alias:server`. */
export function isRoomAlias(text: string): text is RoomAlias {
  return isSigiled(text, '#') && text.indexOf(':') > 1 && namesServer(text)
}

export function localpartOf(userId: UserId): string {
  return userId.slice(1, userId.indexOf(':'))
}

export function serverOf(id: UserId | RoomAlias): string {
  return id.slice(id.indexOf(':') + 1)
}
