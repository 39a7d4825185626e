import type { FollowingParams, FollowingRow, HeadParams, HeadRow } from '../delivery/head-store.ts'
import type { FactsWanted, RecipientFacts, StoredOutcome } from '../delivery/recipient.ts'
import type { UserId } from '../lib/ids.ts'
import type { Queries, Query } from '../storage/query.ts'
import type { BadgeMeaning } from './badge.ts'
import {
  followingWithMessages,
  followingWithRooms,
  headsWithMessages,
  headsWithRooms,
} from './poke-heads-store.ts'
import { readActions, ruleOf } from './stored-rule.ts'
import { factsWithMessages, factsWithRooms } from './recipient-facts-store.ts'

export type EventForUser = { userId: UserId } & Exclude<FactsWanted['event'], undefined>

/**
 * Reads the facts of several recipients in one query, in their order. Without an event only the badge has a
 * meaning.
 */
export async function recipientFacts(
  q: Queries,
  wanted: readonly FactsWanted[],
  meaning: BadgeMeaning = 'rooms',
): Promise<RecipientFacts[]> {
  if (wanted.length === 0) return []
  const rows = await q.all(meaning === 'messages' ? factsWithMessages : factsWithRooms, {
    wanted: wanted.map(({ userId, event }, at) => ({
      at,
      user_id: userId,
      room_id: event?.roomId ?? '',
      thread_id: event?.threadId ?? '',
      position: event?.position ?? 0,
    })),
  })
  const found: RecipientFacts[] = []
  for (const row of rows) found[row.at] = factsOf(row)
  return found
}

/** Reads the heads of pushers' queues with the facts of their recipients (`ReadHeads` of delivery). */
export async function pokeHeads(q: Queries, params: HeadParams, meaning?: BadgeMeaning): Promise<HeadRow[]> {
  const rows = await q.all(meaning === 'messages' ? headsWithMessages : headsWithRooms, params)
  return rows.map((row) => Object.assign(row, { facts: factsOf(row) }))
}

/** Reads the items behind the heads, with the facts of their recipients (`ReadFollowing` of delivery). */
export async function pokesFollowing(
  q: Queries,
  params: FollowingParams,
  meaning?: BadgeMeaning,
): Promise<FollowingRow[]> {
  const rows = await q.all(meaning === 'messages' ? followingWithMessages : followingWithRooms, params)
  return rows.map((row) => Object.assign(row, { facts: factsOf(row) }))
}

/** The badge of one user. */
export async function badgeOf(q: Queries, userId: UserId, meaning?: BadgeMeaning): Promise<number> {
  return (await recipientFacts(q, [{ userId, event: undefined }], meaning))[0]?.badge ?? 0
}

/** `isRead` of one event. */
export async function isRead(q: Queries, { userId, ...event }: EventForUser): Promise<boolean> {
  return (await recipientFacts(q, [{ userId, event }]))[0]?.isRead === true
}

/** `outcome` of one event. */
export async function outcomeOf(
  q: Queries,
  { userId, roomId, position }: Omit<EventForUser, 'threadId'>,
): Promise<StoredOutcome | undefined> {
  return (await recipientFacts(q, [{ userId, event: { roomId, position, threadId: '' } }]))[0]?.outcome
}

type Row = typeof factsWithRooms extends Query<infer _P, infer R> ? R : never

function factsOf(row: Omit<Row, 'at'>): RecipientFacts {
  const { notify, highlight, actions } = row
  return {
    isRead: row.read_position !== null,
    outcome:
      notify === null || actions === null
        ? undefined
        : {
            notify: notify === 1,
            highlight: highlight === 1,
            actions: readActions(actions),
            rule: ruleOf(row),
          },
    badge: row.badge,
  }
}
