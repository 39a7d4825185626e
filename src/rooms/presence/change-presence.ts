import type { Bus } from '../../cluster/bus.ts'
import type { Clock } from '../../lib/clock.ts'
import type { DeviceId, UserId } from '../../lib/ids.ts'
import type { Database, Transaction } from '../../storage/database.ts'
import type { Query } from '../../storage/query.ts'
import { byShard, nextPositions } from '../../storage/stream.ts'
import {
  afterChange,
  type PresenceChange,
  type PresenceFacts,
  presenceAt,
  type PresenceState,
  type PresentDevice,
} from './presence-state.ts'
import {
  deleteAllDevicePresence,
  deleteDevicePresence,
  deleteDisconnected,
  deletePresence,
  devicePresenceOf,
  type DevicePresenceRow,
  observersOf,
  presenceOf,
  type PresenceRow,
  writeDevicePresence,
  writePresence,
} from './presence-store.ts'

/**
 * A change of presence does not wake the syncs of a room with more joined members. They show it in their next
 * response.
 */
const WAKES_MEMBERS = 50
/** The most observers whose syncs one transaction wakes, beside the users who changed. */
const MAX_WOKEN = 500

export type PresenceDeps = { bus: Bus; clock: Clock }

export type PresenceDevice = { userId: UserId; deviceId: DeviceId }

/**
 * On the topic `presence`: what processes know of these devices is out of date. `from`: the process that
 * knows the new presence; null: none.
 */
export type PresenceMessage = { from: string | null; devices: readonly PresenceDevice[] }

/**
 * `change`: undefined if only time has passed. `isAnnounced`: other users see the presence again, even if it
 * is the same.
 */
export type ChangeOfUser = { userId: UserId; change?: PresenceChange; isAnnounced?: boolean }

/**
 * Applies changes of presence in their order. Other users see a change of the state, of `currently_active` or
 * of the status message: such a change takes a stream position, and wakes waiting syncs. Removed devices and
 * closed accounts are left out. All users are in the shard of the transaction, so no other transaction
 * changes their presence meanwhile.
 */
export async function changePresence(
  { bus, clock }: PresenceDeps,
  tx: Transaction,
  changes: readonly ChangeOfUser[],
): Promise<void> {
  const now = clock.now()
  const userIds = [...new Set(changes.map(({ userId }) => userId))]
  const rows = await tx.all(presenceOf, { userIds })
  const devices = Map.groupBy(await tx.all(devicePresenceOf, { userIds }), (row) => row.user_id)
  const byUser = Map.groupBy(changes, ({ userId }) => userId)
  const after = rows.map((row) =>
    changedUser(row, devices.get(row.user_id) ?? [], { changes: byUser.get(row.user_id) ?? [], now }),
  )
  const seen = after.filter(({ isSeen }) => isSeen)
  const positions = (await nextPositions(tx, seen.length)).values()
  const users = after
    .filter(({ isStored }) => !isStored)
    .map(({ user, isSeen }) => ({ ...user, position: isSeen ? (positions.next().value ?? null) : null }))
  if (users.length > 0) tx.write(writePresence, { users })
  const present = after.flatMap((one) => one.devices)
  if (present.length > 0) tx.write(writeDevicePresence, { devices: present })
  tx.write(deleteDisconnected, { userIds, now })
  if (seen.length === 0) return
  const seenIds = seen.map(({ user }) => user.user_id)
  const bounds = { maxMembers: WAKES_MEMBERS, limit: MAX_WOKEN }
  const observers = await tx.all(observersOf, { userIds: seenIds, ...bounds })
  const woken = new Set([...seenIds, ...observers.map((row) => row.user_id)])
  tx.onCommit(() => {
    for (const userId of woken) bus.publish(`presence:${userId}`)
  })
}

/**
 * Changes the presence of users of any shards, in one transaction for each shard. Rejects when one fails;
 * later shards are then unchanged.
 */
export async function changePresenceOfMany(
  deps: PresenceDeps & { db: Database },
  changes: readonly ChangeOfUser[],
): Promise<void> {
  const { db } = deps
  for (const { orderedBy, items } of byShard(changes, {
    keyOf: (change) => change.userId,
    shards: db.shards,
  }))
    await db.transaction((tx) => changePresence(deps, tx, items), {
      durably: false,
      repeatable: true,
      orderedBy,
    })
}

type Row<Q> = Q extends Query<infer _P, infer R> ? R : never

type ChangedUser = {
  user: Omit<PresenceRow, 'position'>
  devices: DevicePresenceRow[]
  /** Other users see a change. */
  isSeen: boolean
  /** The row of the user needs no write. */
  isStored: boolean
}

/** The rows of a user after the changes. */
function changedUser(
  row: Row<typeof presenceOf>,
  deviceRows: readonly Row<typeof devicePresenceOf>[],
  { changes, now }: { changes: readonly ChangeOfUser[]; now: number },
): ChangedUser {
  const userId = row.user_id
  const existing = new Set<DeviceId>(deviceRows.map((device) => device.device_id))
  const before: PresenceFacts = {
    devices: deviceRows.flatMap(presentDevice),
    lastActiveAt: row.last_active_at,
    statusMessage: row.status_msg,
  }
  const facts = changes
    .flatMap(({ change }) => change ?? [])
    .filter((change) => existing.has(change.deviceId))
    .reduce((so, change) => afterChange(so, change, now), before)
  const { state, isActive, dueAt } = presenceAt(facts, now)
  const isSeen =
    state !== (row.state ?? 'offline') ||
    isActive !== (row.is_active === 1) ||
    facts.statusMessage !== row.status_msg ||
    (row.state !== null && changes.some((change) => change.isAnnounced === true))
  return {
    user: {
      user_id: userId,
      state,
      is_active: isActive ? 1 : 0,
      status_msg: facts.statusMessage,
      last_active_at: facts.lastActiveAt,
      due_at: dueAt,
    },
    isStored: !isSeen && facts.lastActiveAt === row.last_active_at && dueAt === row.due_at,
    devices: facts.devices.map((device) => ({
      user_id: userId,
      device_id: device.deviceId,
      state: device.state,
      polled: device.polled,
      connected_until: device.connectedUntil,
    })),
    isSeen,
  }
}

export function presentDevice(row: Row<typeof devicePresenceOf>): PresentDevice[] {
  const { device_id: deviceId, state, polled, connected_until: connectedUntil } = row
  return state === null || connectedUntil === null ? [] : [{ deviceId, state, polled, connectedUntil }]
}

/**
 * Sets the presence of a device, and the status message of its user (client-server API,
 * `PUT /presence/{userId}/status`).
 */
export async function setPresence(
  deps: PresenceDeps & { db: Database },
  { userId, deviceId }: PresenceDevice,
  { state, statusMessage }: { state: PresenceState; statusMessage: string | null },
): Promise<void> {
  await deps.db.transaction(
    async (tx) => {
      await changePresence(deps, tx, [{ userId, change: { deviceId, kind: 'set', state, statusMessage } }])
      announce(deps, tx, [{ userId, deviceId }])
    },
    { orderedBy: userId, repeatable: true },
  )
}

/**
 * Shows the new name and avatar of a user with the presence (client-server API, "Events on Change of Profile
 * Information").
 */
export async function announceProfile(deps: PresenceDeps & { db: Database }, userId: UserId): Promise<void> {
  await deps.db.transaction((tx) => changePresence(deps, tx, [{ userId, isAnnounced: true }]), {
    orderedBy: userId,
    repeatable: true,
  })
}

/**
 * Removes the presence of devices, in the transaction of their removal. The presence of the user is that of
 * the other devices.
 */
export async function removeDevicePresence(
  deps: PresenceDeps,
  tx: Transaction,
  { userId, deviceIds }: { userId: UserId; deviceIds: readonly DeviceId[] },
): Promise<void> {
  tx.write(deleteDevicePresence, { userId, deviceIds })
  await changePresence(deps, tx, [{ userId }])
  announce(
    deps,
    tx,
    deviceIds.map((deviceId) => ({ userId, deviceId })),
  )
}

function announce({ bus }: PresenceDeps, tx: Transaction, devices: readonly PresenceDevice[]): void {
  tx.onCommit(() => bus.publish('presence', { from: null, devices } satisfies PresenceMessage))
}

/** Removes the presence of an account that closes, in the same transaction. */
export function removePresence(tx: Transaction, userId: UserId): void {
  tx.write(deletePresence, { userId })
  tx.write(deleteAllDevicePresence, { userId })
}
