import type { DeviceId, UserId } from './ids.ts'

/**
 * The authenticated sender of a request: a user and the device of the access token. `tokenHash`: the stored
 * form of the token, for a handler that reads the session again together with its data.
 */
export type Requester = {
  userId: UserId
  deviceId: DeviceId
  isAdmin: boolean
  tokenHash?: string
  /** Absent: the account has none. */
  restriction?: AccountRestriction | undefined
}

/**
 * What an administrator has imposed on an account (client-server API, "Account moderation"). A locked account
 * can be suspended too.
 */
export type AccountRestriction = 'locked' | 'suspended'
