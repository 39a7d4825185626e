import type { DeviceId, UserId } from '../lib/ids.ts'
import type { Filled } from './columns.ts'

/**
 * What clients have of their rooms on the connections of sliding sync. A connection has a few versions; a
 * version never changes. `state` is JSON (`rooms/sync/sliding/connection-state.ts`).
 */
export type SlidingConnectionsTable = {
  entry_id: Filled<number>
  user_id: UserId
  device_id: DeviceId
  conn_id: string
  version: string
  state: string
  used_at: number
}

export type SlidingSchema = {
  sliding_connections: SlidingConnectionsTable
}
