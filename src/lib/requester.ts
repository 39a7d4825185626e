import type { DeviceId, UserId } from './ids.ts'

/** The authenticated sender of a request: a user and the device of the access token. */
export type Requester = { userId: UserId; deviceId: DeviceId; isAdmin: boolean }
