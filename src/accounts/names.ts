import { isUserId, localpartOf, type Random, serverOf, type UserId } from '../lib/ids.ts'
import { invalidParam, MatrixError } from '../lib/errors.ts'
import { letters } from './tokens.ts'

/** Names of the server's internal accounts begin with this prefix; other accounts cannot use it. */
export const RESERVED_PREFIX = '_belfry-'

const LOCALPART = /^[a-z0-9._=/+-]+$/
const MAX_USER_ID_BYTES = 255
const MAX_PASSWORD_BYTES = 512
const MAX_DEVICE_ID_BYTES = 255
const MAX_DEVICE_NAME = 255
const GENERATED_LENGTH = 12

export const userInUse = () => new MatrixError(400, 'M_USER_IN_USE', 'This user name is taken')

const invalidUsername = (message: string) => new MatrixError(400, 'M_INVALID_USERNAME', message)

/**
 * The user id for a requested name (Matrix appendices, "User Identifiers"). Upper case becomes lower case, as the
 * specification requires of servers.
 * @throws MatrixError 400 `M_INVALID_USERNAME` or `M_EXCLUSIVE`
 */
export function newUserId(name: string, serverName: string): UserId {
  const localpart = lowerCase(name)
  if (!LOCALPART.test(localpart)) {
    throw invalidUsername(
      'A user name must not be empty, and may only contain the characters a-z, 0-9 and . _ = - / +',
    )
  }
  if (localpart.startsWith(RESERVED_PREFIX)) {
    throw new MatrixError(
      400,
      'M_EXCLUSIVE',
      `User names that begin with ${RESERVED_PREFIX} are reserved for the server`,
    )
  }
  const userId = `@${localpart}:${serverName}`
  if (userId.length > MAX_USER_ID_BYTES) {
    throw invalidUsername(`A user id must not be longer than ${MAX_USER_ID_BYTES} bytes`)
  }
  return userId as UserId
}

/** Whether it is an internal account of the server. */
export const isReserved = (userId: UserId) => userId.startsWith(`@${RESERVED_PREFIX}`)

/** A random user id for a registration without a name. */
export function generatedUserId(random: Random, serverName: string): UserId {
  return `@${letters(random, GENERATED_LENGTH, 97)}:${serverName}` as UserId
}

/**
 * The user id that a user name or a full user id refers to on this server, in any case; undefined for a name that no
 * user here can have.
 */
export function knownAs(name: string, serverName: string): UserId | undefined {
  const userId = name.startsWith('@') ? name : `@${name}:${serverName}`
  if (!isUserId(userId) || serverOf(userId) !== serverName) return undefined
  return `@${lowerCase(localpartOf(userId))}:${serverName}` as UserId
}

/** @throws MatrixError 400 `M_WEAK_PASSWORD` or `M_INVALID_PARAM` */
export function checkNewPassword(password: string): void {
  if (password === '') throw new MatrixError(400, 'M_WEAK_PASSWORD', 'The password must not be empty')
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) {
    throw invalidParam(`The password must not be longer than ${MAX_PASSWORD_BYTES} bytes`)
  }
}

/** @throws MatrixError 400 `M_INVALID_PARAM` */
export function checkDevice(deviceId: string | undefined, displayName: string | undefined): void {
  if (deviceId === '') throw invalidParam('device_id must not be empty')
  if (deviceId !== undefined && Buffer.byteLength(deviceId) > MAX_DEVICE_ID_BYTES) {
    throw invalidParam(`device_id must not be longer than ${MAX_DEVICE_ID_BYTES} bytes`)
  }
  if (displayName !== undefined && displayName.length > MAX_DEVICE_NAME) {
    throw invalidParam(`The name of a device must not be longer than ${MAX_DEVICE_NAME} characters`)
  }
}

/** ASCII only: the grammar of user names has no other upper-case letters. */
function lowerCase(name: string): string {
  return name.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase())
}
