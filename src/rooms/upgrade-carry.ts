import { MatrixError } from '../lib/errors.ts'
import type { RoomId, UserId } from '../lib/ids.ts'
import { type JsonObject, parseStored } from '../lib/json.ts'
import { startSweeper } from '../lib/sweeper.ts'
import { StorageError, type Transaction } from '../storage/database.ts'
import type { Queries } from '../storage/query.ts'
import { appendTo } from './append-event.ts'
import { authorise } from './authorise.ts'
import type { RoomDeps } from './deps.ts'
import { viewRoom } from './room-view.ts'
import type { StateChange } from './send-event.ts'
import {
  bansToCarry,
  childrenToCarry,
  deleteUpgrade,
  insertUpgrade,
  moveUpgrade,
  nextUpgrade,
  upgradeOf,
} from './upgrade-store.ts'
import { CHILD, isLinked, type StateEvent } from './upgrade-state.ts'

// The bans and the rooms of a space that an upgrade copies into the new room. The first ones are part of the
// upgrade. The others follow in short transactions: the row of the upgrade has the place, so any process
// continues there, also after a restart.
//
// States: (upgrade with more than the first ones, or a repeated request) copying → (a batch without a rest)
// no row.

/** Bans and rooms of a space in one transaction: each costs several statements, and all other writes wait for it. */
const AT_ONCE = 100
const MINUTE_MS = 60_000

type Upgrade = { from: RoomId; to: RoomId; userId: UserId }

/** `after`: `b` and the user id of a ban, or `c` and the state key of a room of the space. */
type Batch = { extras: StateEvent[]; after: string | undefined }

/**
 * The next bans and rooms of the space that the new room does not have, so a repeat changes nothing that was
 * changed there since. `after` is undefined when they are the last ones.
 */
async function nextBatch(q: Queries, { from, to }: Upgrade, after: string): Promise<Batch> {
  const phase = after.slice(0, 1)
  const key = after.slice(1)
  const missing = { from, to, limit: AT_ONCE }
  const bans = phase === 'c' ? [] : await q.all(bansToCarry, { ...missing, after: key })
  const limit = AT_ONCE - bans.length
  const children =
    limit === 0 ? [] : await q.all(childrenToCarry, { ...missing, limit, after: phase === 'c' ? key : '' })
  const child = children.at(-1)
  const last = child ? `c${child.key}` : `b${bans.at(-1)?.key ?? ''}`
  return {
    extras: [
      ...bans.map((row) => ({ type: 'm.room.member', stateKey: row.key, content: banOf(row.content) })),
      ...children
        .map((row) => ({ type: CHILD, stateKey: row.key, content: parseStored(row.content) }))
        .filter(({ content }) => isLinked(content)),
    ],
    after: bans.length + children.length < AT_ONCE ? undefined : last,
  }
}

function banOf(content: string): JsonObject {
  const { reason } = parseStored(content)
  return { membership: 'ban', ...(typeof reason === 'string' && { reason }) }
}

/** Copies the first batch in the transaction of the upgrade. `set` writes a state event. */
export async function carryFirst(
  tx: Transaction,
  upgrade: Upgrade,
  set: (event: StateEvent) => Promise<unknown>,
): Promise<void> {
  const { extras, after } = await nextBatch(tx, upgrade, '')
  for (const event of extras) await set(event)
  if (after !== undefined) tx.write(insertUpgrade, { ...upgrade, after })
}

/** For a repeated upgrade: copies again what the new room does not have. */
export function carryAgain(tx: Transaction, upgrade: Upgrade): void {
  tx.write(insertUpgrade, { ...upgrade, after: '' })
}

/** Copies everything that is left. */
export async function carryRest(deps: RoomDeps, to: RoomId): Promise<void> {
  while (await carryBatch(deps, to));
}

/** Continues upgrades that a stop of their process interrupted. */
export function startUpgradeSweeper(deps: RoomDeps): AsyncDisposable {
  return startSweeper(deps, {
    of: 'batches of room upgrades',
    everyMs: MINUTE_MS,
    atOnce: 1,
    sweep: () => continueUpgrades(deps),
  })
}

/** Copies one batch of any upgrade. Resolves to the number of batches. */
export async function continueUpgrades(deps: RoomDeps): Promise<0 | 1> {
  const next = await deps.db.first(nextUpgrade, {})
  if (!next) return 0
  await carryBatch(deps, next.new_room_id)
  return 1
}

/** Those that the user may not send are left out. Resolves to whether there is a rest. */
async function carryBatch(deps: RoomDeps, to: RoomId): Promise<boolean> {
  const { leftOut, hasRest } = await deps.db.transaction(
    async (tx) => {
      const row = await tx.first(upgradeOf, { to })
      if (!row) return { leftOut: 0, hasRest: false }
      const upgrade = { from: row.old_room_id, to, userId: row.user_id }
      const { extras, after } = await nextBatch(tx, upgrade, row.after)
      let refused = 0
      for (const { type, stateKey, content } of extras) {
        const change = { roomId: to, sender: upgrade.userId, type, stateKey: stateKey ?? '', content }
        if ((await trySet(deps, tx, change)) !== undefined) refused++
      }
      if (after === undefined) tx.write(deleteUpgrade, { to })
      else tx.write(moveUpgrade, { to, after })
      return { leftOut: refused, hasRest: after !== undefined }
    },
    { orderedBy: to },
  )
  if (leftOut > 0)
    deps.log.warn(
      { room_id: to, left_out: leftOut },
      'a room upgrade left out bans or rooms of the space: the user may not send them in the new room',
    )
  return hasRest
}

/** Resolves to the reason if the user may not set the state. */
export async function trySet(
  deps: RoomDeps,
  tx: Transaction,
  change: StateChange,
): Promise<string | undefined> {
  const room = await viewRoom(tx, change)
  if (!room) return undefined
  const result = authorise(change, room)
  if (!result.allowed) return result.reason
  try {
    await appendTo(deps, tx, { draft: change, room })
  } catch (error) {
    // A quota of the new room. It is checked before anything is written. A failed statement must end the transaction.
    if (!(error instanceof MatrixError) || error instanceof StorageError) throw error
    return error.message
  }
  return undefined
}
