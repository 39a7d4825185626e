import { ownsAddress } from '../accounts/threepids.ts'
import { userById } from '../accounts/users-store.ts'
import { updateUnheldHandles } from '../user-rules/rule-handles-store.ts'
import type { GatewayUrlCheck } from '../delivery/gateway-url.ts'
import { originOf } from '../delivery/origin.ts'
import type { Bus } from '../cluster/bus.ts'
import { invalidParam, limitExceeded, MatrixError, unknownToken, userLocked } from '../lib/errors.ts'
import type { Random, UserId } from '../lib/ids.ts'
import { parseStored } from '../lib/json.ts'
import type { Occupancy } from '../lib/occupancy.ts'
import { clearItems } from '../sending/item-store.ts'
import {
  resetFailures,
  makeLane,
  raiseGeneration,
  disableLane,
  makeValueDue,
} from '../sending/lane-changes.ts'
import type { Database, Transaction } from '../storage/database.ts'
import { needAllShards } from '../storage/stream.ts'
import {
  deviceExists,
  insertPusher,
  otherHolder,
  pusherByKey,
  pusherCount,
  type PusherRow,
  pushersOfOthers,
  setHasPushers,
  updatePusher,
} from './pusher-store.ts'
import { requestActivation } from './activate-pusher.ts'
import type { PusherChange, PusherKind, PusherOwner, PusherSettings } from './pusher.ts'
import { type PusherRemovalDeps, removePushers } from './remove-pushers.ts'

export type PusherDeps = PusherRemovalDeps & {
  db: Database
  bus: Bus
  random: Random
  maxPushersPerUser: number
  /** For e-mail pushers; absent without a mail server. */
  mail?: { newUnsubscribeToken(): string } | undefined
  /** Whether the server may call this URL. It resolves the name, so it runs before the transaction. */
  checkUrl(url: string, kind: PusherKind): Promise<GatewayUrlCheck>
  /** The number of URL checks in progress, by user. */
  urlChecks: Occupancy
  /** Called when a user gets the first pusher: from then on the badge is counted. */
  startBadge(tx: Transaction, userId: UserId): Promise<void>
  /** Duplicates the push rules of one handle to another. Throws 400 when the user would have too many rules. */
  copyRules(tx: Transaction, of: { userId: UserId; from: string; to: string }): Promise<void>
}

/**
 * Does what `POST /pushers/set` requests: creates the pusher, updates it in place, or deletes it.
 *
 * An update keeps the queue. It keeps the failure state too, unless the URL changes.
 *
 * A pusher of kind `webpush` must be confirmed by its app (MSC4174) when it is new, has another address or
 * secret, or was never confirmed: `needs activation`. Its queue is sent after the confirmation.
 *
 * With another handle and `copyRules`, the push rules of the old handle are duplicated to it in the same
 * transaction.
 *
 * @throws {MatrixError} 400 `M_INVALID_PARAM`: the URL may not be called, another app holds the handle, or
 *   the user has too many pushers, or would have too many rules. 401 when the device was removed meanwhile.
 *   429 when too many calls of the user wait for name servers. After an error nothing is changed.
 */
export async function setPusher(
  deps: PusherDeps,
  owner: PusherOwner,
  change: PusherChange,
): Promise<'done' | 'needs activation'> {
  if (change.kind === 'delete') {
    const key = { userId: owner.userId, appId: change.appId, pushkey: change.pushkey }
    await deps.db.transaction(
      async (tx) => {
        const found = await tx.first(pusherByKey, key)
        if (found) await removePushers(deps, tx, { pushers: [found], reason: 'deleted' })
      },
      { orderedBy: owner.userId, inOwnGroup: true },
    )
    return 'done'
  }
  const { settings, append, copyRules } = change
  const url = await checkedUrl(deps, owner.userId, settings)
  return deps.db.transaction(
    async (tx) => {
      const key = { userId: owner.userId, appId: settings.appId, pushkey: settings.pushkey }
      // The account may have been locked since the authentication.
      if ((await tx.first(userById, owner))?.locked_at) throw userLocked()
      if (settings.kind === 'email') await checkAddress(tx, owner.userId, settings)
      await checkHandle(tx, owner.userId, settings)
      let found = await tx.first(pusherByKey, key)
      if (found && found.kind !== settings.kind) {
        // The kind has changed, so the result of earlier attempts no longer applies.
        await removePushers(deps, tx, { pushers: [found], reason: 'deleted' })
        found = undefined
      }
      const checked = { settings, url }
      const needsActivation = found
        ? await update(deps, tx, { found, checked })
        : await create(deps, tx, { owner, checked })
      await tx.run(updateUnheldHandles, { userId: owner.userId, now: deps.clock.now() })
      const from = found?.handle
      const to = settings.handle?.value
      if (copyRules && from && to) await deps.copyRules(tx, { userId: owner.userId, from, to })
      if (!append) await takeOver(deps, tx, key)
      return needsActivation ? 'needs activation' : 'done'
    },
    { orderedBy: owner.userId, inOwnGroup: true },
  )
}

/** Another user of the app logged in on the same device. */
async function takeOver(
  deps: PusherDeps,
  tx: Transaction,
  key: { userId: UserId; appId: string; pushkey: string },
): Promise<void> {
  const pushers = await tx.all(pushersOfOthers, key)
  if (pushers.length === 0) return
  needAllShards(tx)
  await removePushers(deps, tx, { pushers, reason: 'taken over' })
}

/**
 * The limit is low: each check may wait for name servers that never answer, and one client sets one pusher at
 * a time.
 */
export const MAX_URL_CHECKS_PER_USER = 4
const TRY_AGAIN_MS = 1000

/** The URL of its pokes in parsed form; null: an e-mail pusher, which sends none. */
async function checkedUrl(
  deps: PusherDeps,
  userId: UserId,
  settings: PusherSettings,
): Promise<string | null> {
  if (settings.kind === 'email') {
    if (!deps.mail)
      throw invalidParam('This server sends no e-mail, because its operator has not configured a mail server')
    return null
  }
  const leave = deps.urlChecks.enter(userId)
  if (leave === undefined) throw limitExceeded(TRY_AGAIN_MS)
  try {
    const check = await deps.checkUrl(settings.data.url, settings.kind)
    if (check.kind === 'refused') throw invalidParam(check.reason)
    return check.href
  } finally {
    leave()
  }
}

/** Mail goes only to an address that the user has validated. */
async function checkAddress(tx: Transaction, userId: UserId, { pushkey }: PusherSettings): Promise<void> {
  if (!(await ownsAddress(tx, userId, pushkey)))
    throw new MatrixError(
      400,
      'M_THREEPID_NOT_FOUND',
      'The pushkey is not an e-mail address of yours; validate it and add it to your account first',
    )
}

/**
 * "It must be unique among all the pushers for a given user", but an app whose data was copied keeps its
 * handle. Therefore pushers of one app may share a handle.
 */
async function checkHandle(
  tx: Transaction,
  userId: UserId,
  { handle, appId }: PusherSettings,
): Promise<void> {
  if (!handle?.isInstanceHandle) return
  const holder = await tx.first(otherHolder, { userId, handle: handle.value, appId })
  if (holder) throw invalidParam(`instance_handle is already in use by a pusher of the app ${holder.app_id}`)
}

type Checked = { settings: PusherSettings; /** In its parsed form. */ url: string | null }

/** Updates a pusher in place. It stays with the device that created it, whichever device edits it. */
async function update(
  deps: PusherDeps,
  tx: Transaction,
  { found, checked }: { found: PusherRow; checked: Checked },
): Promise<boolean> {
  const pusherId = found.pusher_id
  // The lane before its pusher, as when pushers are removed.
  await tx.run(raiseGeneration, { laneId: pusherId, destination: originOf(checked.url) })
  await tx.run(updatePusher, { pusherId, ...columnsOf(checked, deps.clock.now()) })
  const hasMoved = hasNewDestination(found, checked)
  if (hasMoved) await tx.run(resetFailures, { laneId: pusherId })
  const mustSendBadge = await changeEnabled(deps, tx, { found, settings: checked.settings })
  const isHoldChanged = found.held_until !== null && found.hold_ms !== checked.settings.holdMs
  // Items that the old gateway refused need not wait for the end of the back-off.
  if (hasMoved || mustSendBadge || isHoldChanged) tx.onCommit(() => deps.bus.publish('delivery', [pusherId]))
  const needsActivation = checked.settings.kind === 'webpush' && (hasMoved || found.activated === 0)
  if (needsActivation) {
    const isBadgeDue = found.activated === 1 ? found.value_due > 0 : found.value_told !== null
    await requestActivation(deps, tx, { pusherId, isOn: checked.settings.enabled, isBadgeDue })
  }
  return needsActivation
}

/** Whether the pusher has another destination now. The failures of the old destination do not apply to it. */
function hasNewDestination(found: PusherRow, { settings, url }: Checked): boolean {
  if (found.url !== url) return true
  return settings.kind === 'webpush' && parseStored(found.data)['auth'] !== settings.data['auth']
}

/**
 * Applies a change of `enabled`. Disabling a pusher clears its queue. After it is enabled, only new events
 * are sent. Resolves to whether the badge must be sent, because it may have changed while no badge was sent.
 */
async function changeEnabled(
  { clock, trace }: PusherDeps,
  tx: Transaction,
  { found, settings }: { found: PusherRow; settings: PusherSettings },
): Promise<boolean> {
  const pusherId = found.pusher_id
  const [wasOn, isOn] = [found.enabled === 1, settings.enabled]
  const now = clock.now()
  if (wasOn !== isOn)
    await trace.recordPusherChange(tx, now, { pusherIds: [pusherId], change: isOn ? 'on' : 'off' })
  if (!isOn) await trace.recordCleared(tx, now, { pusherIds: [pusherId], reason: 'pusher disabled' })
  if (!wasOn || !isOn) await clearItems(tx, [pusherId])
  if (!isOn) await tx.run(disableLane, { laneId: pusherId })
  const hadBadge = wasOn && found.disable_badge_count === 0
  const hasBadge = isOn && !settings.disableBadgeCount
  return hasBadge && !hadBadge && (await tx.run(makeValueDue, { laneId: pusherId })) > 0
}

async function create(
  deps: PusherDeps,
  tx: Transaction,
  { owner, checked }: { owner: PusherOwner; checked: Checked },
): Promise<boolean> {
  // The device existed when the request arrived. If it was removed since, its pusher could never be removed.
  if (!(await tx.first(deviceExists, owner))) throw unknownToken()
  const count = (await tx.first(pusherCount, { userId: owner.userId }))?.count ?? 0
  if (count >= deps.maxPushersPerUser)
    throw invalidParam(
      `You have ${count} pushers, and the limit is ${deps.maxPushersPerUser}; delete one first`,
    )
  const { kind, enabled } = checked.settings
  const pusherId = await makeLane(tx, {
    kind: kind === 'email' ? 'mail' : 'poke',
    destination: originOf(checked.url),
  })
  await tx.run(insertPusher, {
    pusherId,
    userId: owner.userId,
    // Mail goes to a person, not to a device, and continues after the device is logged out.
    deviceId: kind === 'email' ? null : owner.deviceId,
    unsubscribeToken: kind === 'email' ? (deps.mail?.newUnsubscribeToken() ?? null) : null,
    ...columnsOf(checked, deps.clock.now()),
  })
  if (count === 0) {
    await setHasPushers(tx, owner.userId, true)
    await deps.startBadge(tx, owner.userId)
  }
  if (kind !== 'webpush') return false
  await requestActivation(deps, tx, { pusherId, isOn: enabled, isBadgeDue: false })
  return true
}

function columnsOf({ settings, url }: Checked, now: number) {
  const { handle, data, kindAlias, ...columns } = settings
  return {
    ...columns,
    kindAlias: kindAlias ?? null,
    handle: handle?.value ?? null,
    handleIsInstance: handle?.isInstanceHandle ?? false,
    data: JSON.stringify(data),
    url,
    now,
  }
}
