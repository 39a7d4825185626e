/**
 * The only error that is shown to clients: an HTTP status and Matrix's `{errcode, error}` (client-server API,
 * "Standard error response"). Only `http/errors.ts` renders it.
 */
export class MatrixError extends Error {
  override name = 'MatrixError'
  readonly status: number
  readonly errcode: string
  readonly extra: Record<string, unknown>

  /** @param text the problem and the remedy, alone or with further keys */
  constructor(status: number, errcode: string, text: string | ErrorText) {
    const { message, extra = {}, ...options } = typeof text === 'string' ? { message: text } : text
    super(message, options)
    this.status = status
    this.errcode = errcode
    this.extra = extra
  }
}

/** `extra`: further keys of the response. */
export type ErrorText = { message: string; extra?: Record<string, unknown>; cause?: unknown }

export const badJson = (message: string) => new MatrixError(400, 'M_BAD_JSON', message)
export const notJson = (message = 'The body is not valid JSON') => new MatrixError(400, 'M_NOT_JSON', message)
export const invalidParam = (message: string) => new MatrixError(400, 'M_INVALID_PARAM', message)
export const missingParam = (names: readonly string[]) =>
  new MatrixError(400, 'M_MISSING_PARAM', `Missing: ${names.join(', ')}`)
export const tooLarge = (message: string) => new MatrixError(413, 'M_TOO_LARGE', message)
/** A quota is used up. `setting`: its name in the configuration, which tells an operator what to change. */
export const tooMany = (setting: string, message: string) =>
  overQuota(403, 'M_FORBIDDEN', { setting, message })
/** Like `tooMany`, for bytes. */
export const tooMuch = (setting: string, message: string) =>
  overQuota(413, 'M_TOO_LARGE', { setting, message })
const overQuota = (
  status: 403 | 413,
  errcode: string,
  { setting, message }: { setting: string; message: string },
) => new MatrixError(status, errcode, { message, extra: { 'org.belfry.quota': setting } })
export const missingToken = () =>
  new MatrixError(
    401,
    'M_MISSING_TOKEN',
    'The access token is missing. Send it as "Authorization: Bearer <token>"',
  )
export const unknownToken = () =>
  new MatrixError(401, 'M_UNKNOWN_TOKEN', {
    message: 'This access token is unknown. Log in again',
    extra: { soft_logout: false },
  })
/** Client-server API, "Account locking". The session stays, and works again after the account is unlocked. */
export const userLocked = () =>
  new MatrixError(401, 'M_USER_LOCKED', {
    message: 'This account is locked. Ask an administrator of this server to unlock it',
    extra: { soft_logout: true },
  })
/** Client-server API, "Account suspension". */
export const userSuspended = () =>
  new MatrixError(
    403,
    'M_USER_SUSPENDED',
    'This account is suspended: it can read messages, leave rooms and redact its own events',
  )
export const forbidden = (message: string) => new MatrixError(403, 'M_FORBIDDEN', message)
export const notFound = (message: string) => new MatrixError(404, 'M_NOT_FOUND', message)
/** `currentVersion`: the version of the key backup that accepts keys (client-server API, "Server-side key backups"). */
export const wrongKeysVersion = (currentVersion: string) =>
  new MatrixError(403, 'M_WRONG_ROOM_KEYS_VERSION', {
    message: `Keys can only be stored in the current backup, version ${currentVersion}`,
    extra: { current_version: currentVersion },
  })
export const unrecognized = (status: 400 | 404 | 405, message: string) =>
  new MatrixError(status, 'M_UNRECOGNIZED', message)
/** `retryAfterMs`: the wait; sent as `Retry-After` (whole seconds, rounded up) and as `retry_after_ms`. */
export const limitExceeded = (retryAfterMs: number, message?: string) =>
  new MatrixError(429, 'M_LIMIT_EXCEEDED', {
    message: message ?? `Too many requests. Try again in ${Math.ceil(retryAfterMs / 1000)} s`,
    extra: { retry_after_ms: Math.ceil(retryAfterMs) },
  })
