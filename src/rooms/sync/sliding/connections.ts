import { BoundedMap } from '../../../lib/bounded-map.ts'
import type { Clock } from '../../../lib/clock.ts'
import type { DeviceId, Random, UserId } from '../../../lib/ids.ts'
import { DAY_MS } from '../../../lib/sweeper.ts'
import type { Database, Transaction } from '../../../storage/database.ts'
import { type ConnectionState, connectionOf, connectionText, NO_ROOMS } from './connection-state.ts'
import {
  connectionState,
  deleteConnections,
  deleteConnectionsOfDevices,
  insertConnection,
  statesOfDevice,
  touchConnection,
} from './connections-store.ts'
import { NO_VERSION } from './pos.ts'

/** One connection of a device. */
export type ConnectionKey = { userId: UserId; deviceId: DeviceId; connId: string }

export type StoredConnections = {
  /** The state with this version; undefined: it was deleted, or never existed. */
  load(key: ConnectionKey, version: string): Promise<ConnectionState | undefined>
  /**
   * Stores a state under a new version, and resolves to that. `from`: the version that the client has; it
   * stays, because the client repeats its request when it does not get the response.
   */
  save(key: ConnectionKey, state: ConnectionState, from: string): Promise<string>
}

export type ConnectionLimits = {
  /**
   * The maximum number of connections of one device. The ones that were not written for the longest time are
   * deleted.
   */
  maxConnections: number
}

type ConnectionDeps = ConnectionLimits & { db: Database; clock: Clock; random: Random }

/**
 * The versions of a connection that stay besides the one that the client has: responses to repeated requests
 * may arrive in any order.
 */
const KEPT_VERSIONS = 3
/**
 * The maximum size of a stored state. 10,000 rooms have about 700,000 characters; a client can ask for other
 * state of each room.
 */
const MAX_CHARS = 2_097_152
/** The rooms in the cached states of all connections: a few MiB. */
const CACHED_ROOMS = 50_000

type Loaded = { state: ConnectionState; usedAt: number }

/**
 * The states of connections, in the database: any process can continue a connection, also after a restart. A
 * version never changes, so it is cached in memory without any check.
 */
export function createConnections(deps: ConnectionDeps): StoredConnections {
  const cache = new BoundedMap<string, Loaded>({
    limit: CACHED_ROOMS,
    weightOf: ({ state }) => state.size + 1,
  })
  const nameOf = ({ userId, deviceId, connId }: ConnectionKey, version: string) =>
    JSON.stringify([userId, deviceId, connId, version])

  async function find(key: ConnectionKey, version: string): Promise<Loaded | undefined> {
    const name = nameOf(key, version)
    const cached = cache.get(name)
    if (cached) return cached
    const row = await deps.db.first(connectionState, { ...key, version })
    if (!row) return undefined
    const loaded = { state: connectionOf(row.state), usedAt: row.used_at }
    cache.set(name, loaded)
    return loaded
  }

  return {
    async load(key, version) {
      if (version === NO_VERSION) return NO_ROOMS
      const loaded = await find(key, version)
      if (!loaded) return undefined
      const now = deps.clock.now()
      // Unused states are deleted after days, so a connection without a new state is marked once a day.
      if (now - loaded.usedAt > DAY_MS) {
        loaded.usedAt = now
        const touched = { ...key, version, now }
        await deps.db.transaction((tx) => tx.run(touchConnection, touched), UNIMPORTANT)
      }
      return loaded.state
    },
    async save(key, state, from) {
      if (state.size === 0) return NO_VERSION
      const version = Buffer.from(deps.random.token(9), 'base64url').toString('hex')
      const now = deps.clock.now()
      const text = connectionText(state, MAX_CHARS)
      await deps.db.transaction(async (tx) => {
        const versions = await superseded(tx, { key, from, maxConnections: deps.maxConnections })
        if (versions.length > 0) tx.write(deleteConnections, { ...key, versions })
        tx.write(insertConnection, { ...key, version, state: text, now })
      }, UNIMPORTANT)
      // A state that is too large is not the stored one.
      if (text.length <= MAX_CHARS / 2) cache.set(nameOf(key, version), { state, usedAt: now })
      return version
    },
  }
}

/** After a lost write, the client starts a new connection. */
const UNIMPORTANT = { durably: false, repeatable: true } as const

type Superseded = { key: ConnectionKey; from: string; maxConnections: number }

/** The versions to delete when one more is written. */
async function superseded(tx: Transaction, { key, from, maxConnections }: Superseded): Promise<string[]> {
  const rows = await tx.all(statesOfDevice, key)
  const own = rows.filter((row) => row.conn_id === key.connId && row.version !== from)
  const others = Map.groupBy(
    rows.filter((row) => row.conn_id !== key.connId),
    (row) => row.conn_id,
  )
  return [
    ...own.slice(KEPT_VERSIONS - 1),
    ...[...others.values()].slice(Math.max(0, maxConnections - 1)).flat(),
  ].map((row) => row.version)
}

/** Deletes the connections of removed devices. */
export function removeConnections(
  tx: Transaction,
  of: { userId: UserId; deviceIds: readonly DeviceId[] },
): void {
  tx.write(deleteConnectionsOfDevices, of)
}
