import { type RawBuilder, sql } from 'kysely'
import type { DeviceId, RoomId, UserId } from '../lib/ids.ts'
import type { Viewer } from '../lib/matrix-event.ts'
import { type Queries, query } from '../storage/query.ts'

/** Account data as it is stored; `room_id` is '' for the account. */
export type AccountDataRow = { room_id: RoomId | ''; type: string; content: string }

/** The facts about its user that each /sync needs. */
export type ViewerFacts = {
  /** The stream position of the last change of their push rules; 0: no change yet. */
  rulesVersion: number
  /** The users that they ignore. */
  ignored: ReadonlySet<string>
  /** Whether they block all invitations. */
  blocksInvitations: boolean
  /** The account data that changed after the requested position, in stream order. */
  accountData: AccountDataRow[]
  /** Whether to-device messages wait for the device. */
  hasMessages: boolean
}

/**
 * Reads everything in one statement: a message that wakes thousands of members runs all statements of a sync for each
 * of them.
 */
export async function viewerFacts(
  q: Queries,
  { userId, deviceId }: Viewer,
  since: number,
): Promise<ViewerFacts> {
  const facts: ViewerFacts & { ignored: Set<string> } = {
    rulesVersion: 0,
    ignored: new Set(),
    blocksInvitations: false,
    accountData: [],
    hasMessages: false,
  }
  const viewer = { userId, deviceId: deviceId ?? NO_DEVICE }
  for (const { fact, room_id, type, value } of await q.all(factsOfViewer, { ...viewer, since })) {
    if (fact === 'rules') facts.rulesVersion = Number(value)
    else if (fact === 'ignored') facts.ignored.add(value)
    else if (fact === 'blocks') facts.blocksInvitations = true
    else if (fact === 'message') facts.hasMessages = true
    else facts.accountData.push({ room_id, type, content: value })
  }
  return facts
}

const NO_ROOM = sql<RoomId | ''>`''`
const NO_DEVICE = '' as DeviceId

/** The columns of a fact about the user alone. */
const fact = (name: string, value: RawBuilder<string> = sql<string>`''`) =>
  [
    sql.lit(name).as('fact'),
    NO_ROOM.as('room_id'),
    sql<string>`''`.as('type'),
    value.as('value'),
    sql<number>`0`.as('position'),
  ] as const

export const factsOfViewer = query<{ userId: UserId; deviceId: DeviceId; since: number }>()((db, p) =>
  db
    .selectFrom('account_data')
    .select([sql.lit('data').as('fact'), 'room_id', 'type', 'content as value', 'position'])
    .where('user_id', '=', p.userId)
    .where('position', '>', p.since)
    .unionAll(
      db
        .selectFrom('ignored_users')
        .select(fact('ignored', sql.ref('ignored')))
        .where('user_id', '=', p.userId),
    )
    .unionAll(
      db
        .selectFrom('users')
        .select(fact('blocks'))
        .where('user_id', '=', p.userId)
        .where('blocks_invitations', '=', sql.lit(1)),
    )
    .unionAll(
      db
        .selectFrom('rule_sets')
        .select(fact('rules', sql<string>`cast(version as text)`))
        .where('user_id', '=', p.userId),
    )
    .unionAll(
      db
        .selectFrom(sql<{ one: number }>`(select 1 as one)`.as('r'))
        .select(fact('message'))
        .where((eb) =>
          eb.exists(
            eb
              .selectFrom('device_messages as m')
              .select('m.position')
              .where('m.user_id', '=', p.userId)
              .where('m.device_id', '=', p.deviceId),
          ),
        ),
    )
    .orderBy('position'),
)
