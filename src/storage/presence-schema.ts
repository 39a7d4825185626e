import type { DeviceId, UserId } from '../lib/ids.ts'
import type { Flag } from './columns.ts'

/** The states of a user or a device (client-server API, "Presence"). */
type State = 'online' | 'unavailable' | 'offline'

/** The presence of a user as other users see it. A user without a row is offline, without a status message. */
export type PresenceTable = {
  user_id: UserId
  state: State
  /** `currently_active`. */
  is_active: Flag
  status_msg: string | null
  /** The time of the last activity, at most a minute too early; null: none since the server has presence. */
  last_active_at: number | null
  /** The position of the last change that other users see. */
  position: number
  /** When the state changes next if nothing happens; null: never. */
  due_at: number | null
}

/** The devices that sync, or have set their presence, and do not count as disconnected yet (`rooms/presence/`). */
export type PresenceDevicesTable = {
  user_id: UserId
  device_id: DeviceId
  state: State
  /** `set_presence` of the last sync; null: no sync since the device set its presence. */
  polled: State | null
  connected_until: number
}

export type PresenceSchema = {
  presence: PresenceTable
  presence_devices: PresenceDevicesTable
}
