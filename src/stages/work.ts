import type { FollowingParams, HeadParams } from '../delivery/head-store.ts'
import { createProcessShare } from '../cluster/process-share.ts'
import type { FactsWanted } from '../delivery/recipient.ts'
import { pokeHeads, pokesFollowing, recipientFacts } from '../notifications/recipient-facts.ts'
import { type RuleChangeDeps } from '../user-rules/change-rules.ts'
import { startRuleTimers } from '../rooms/rule-digests.ts'
import { rulesetOf } from '../user-rules/read-rules.ts'
import { startAttemptSweepers } from '../accounts/sweep-attempts.ts'
import { startValidationSweeper } from '../accounts/sweep-validations.ts'
import { startWordSweeper } from '../accounts/user-words.ts'
import { startTransactionSweeper } from '../accounts/to-device/sweep-transactions.ts'
import { startMailSweepers } from '../delivery/email/sweep-mail.ts'
import { startDelivery } from '../delivery/worker.ts'
import type { UserId } from '../lib/ids.ts'
import { startMediaSweepers } from '../media/sweep-media.ts'
import { removePusher } from '../pushers/remove-pushers.ts'
import { type PusherDeps } from '../pushers/set-pusher.ts'
import { startRemovedSweeper } from '../pushers/sweep-removed.ts'
import { startUnconfirmedSweeper } from '../pushers/sweep-unconfirmed.ts'
import type { RoomDeps } from '../rooms/deps.ts'
import { startLeaveSweeper } from '../rooms/leave-all-rooms.ts'
import { startRoomRemoval } from '../rooms/removal/remove-room.ts'
import { displayNameAt, loadPokedEvents } from '../rooms/poke-event.ts'
import { startPresenceSweeper } from '../rooms/presence/sweep-presence.ts'
import { startIdleShardSweeper } from '../storage/idle-shards.ts'
import { createPastRetention } from '../rooms/retention/past-retention.ts'
import { startRetentionSweeper } from '../rooms/retention/sweep-retention.ts'
import { startSearchIndexer } from '../rooms/search/index-events.ts'
import { startUpgradeSweeper } from '../rooms/upgrade-carry.ts'
import { startConnectionSweeper } from '../rooms/sync/sliding/sweep-connections.ts'
import type { Queries } from '../storage/query.ts'
import { startTraceSweeper } from '../trace/sweep.ts'
import type { AccountHangers, StageInputs } from './inputs.ts'
import type { Reading } from './reading.ts'
import type { OutboundParts } from './sending.ts'

type Delivering = OutboundParts & Pick<Reading, 'activity' | 'fetches'> & Omit<AccountHangers, 'rooms'>

/** Starts what sends: pokes, mails, and the judging of arrivals. */
export async function startDelivering(
  { db, bus, clock, random, log, trace, config, mail, ruleSettings, own, membership }: StageInputs,
  { sending, pushers, notifications, activity, fetches }: Delivering,
): Promise<AsyncDisposable[]> {
  const questions = {
    loadPokedEvents,
    readHeads: (q: Queries, params: HeadParams) => pokeHeads(q, params, config.push.badge),
    readFollowing: (q: Queries, params: FollowingParams) => pokesFollowing(q, params, config.push.badge),
    recipientFacts: (q: Queries, wanted: readonly FactsWanted[]) =>
      recipientFacts(q, wanted, config.push.badge),
    rulesOf: (q: Queries, userId: UserId) => rulesetOf(q, userId, ruleSettings),
    ruleSettings,
    displayNameAt,
    isPastRetention: createPastRetention(clock, config.retention),
    includeContent: sending.includeContent,
  }
  const share = membership.isOnly ? undefined : createProcessShare(membership, 'delivery')
  const pokes = await startDelivery({
    share,
    ...sending,
    ...questions,
    db,
    bus,
    clock,
    random,
    log,
    trace,
    recentEvents: notifications.recentEvents,
    activeUntil: (of) => activity.activeUntil(of),
    canProve: fetches.canProve,
    removePusher: (tx, pusherId) => removePusher(pushers, tx, pusherId),
    recordOwn: (tx, unwritten) => own.gateway.record(tx, unwritten),
    concurrency: config.push.concurrency,
  })
  const judging = await fetches.start()
  if (mail === undefined) return [pokes, ...judging]
  const { startMailDelivery } = await import('../delivery/email/worker.ts')
  return [
    pokes,
    ...judging,
    await startMailDelivery({ ...mail.delivery, ...questions, share, db, clock, random, log, trace }),
  ]
}

/** Starts what removes old rows. */
export function startSweeping(
  { db, bus, clock, log, config, media }: StageInputs,
  { pushers, rooms, rules }: { pushers: PusherDeps; rooms: RoomDeps; rules: RuleChangeDeps },
): AsyncDisposable[] {
  return [
    ...startRuleTimers({ ...rules, log }, config.push.handle_retention_days),
    startRemovedSweeper({ db, clock, log }),
    startUnconfirmedSweeper({ ...pushers, log }, config.push.unconfirmed_hours),
    startLeaveSweeper(rooms),
    startUpgradeSweeper(rooms),
    startRoomRemoval(rooms),
    startWordSweeper({ db, clock, log }),
    startSearchIndexer({ db, clock, log }),
    ...startRetentionSweeper(rooms, config.retention),
    ...startIdleShardSweeper({ db, clock, log }),
    startValidationSweeper({ db, clock, log }),
    ...startAttemptSweepers({ db, clock, log }),
    startTransactionSweeper({ db, clock, log }),
    ...startMediaSweepers(media),
    startConnectionSweeper({ db, clock, log }),
    ...(config.presence.enabled ? [startPresenceSweeper({ db, bus, clock, log })] : []),
    ...startMailSweepers({ db, clock, log }),
    startTraceSweeper({ db, clock, log }, config.trace),
  ]
}
