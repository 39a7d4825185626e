import { type QueryCreator, type RawBuilder, sql } from 'kysely'
import { unknownToken, userLocked } from '../lib/errors.ts'
import type { DeviceId, RoomId, UserId } from '../lib/ids.ts'
import type { Viewer } from '../lib/matrix-event.ts'
import { type Dialect, type Queries, type Query, query } from '../storage/query.ts'
import { pointColumn, pointOfColumn } from '../storage/stream.ts'
import { START, type StreamPoint } from '../storage/stream-point.ts'
import type { Schema } from '../storage/schema.ts'

/** Account data as it is stored; `room_id` is '' for the account. */
export type AccountDataRow = { room_id: RoomId | ''; type: string; content: string }

/** The unclaimed one-time keys of a device for an algorithm, or its unused fallback key (`keys/`). */
export type HeldKey = { kind: 'one-time' | 'fallback'; algorithm: string; count: number }

/** The facts about its user that each /sync needs. */
export type ViewerFacts = {
  /** The point of the stream. */
  position: StreamPoint
  /** Whether their access token is still valid. A viewer without one is an application service. */
  hasSession: boolean
  /** Whether their account is locked. */
  isLocked: boolean
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
  /** The keys of the device, by algorithm. */
  heldKeys: HeldKey[]
  /** A position at or after the last change of any device list that the viewer may see. */
  listsPosition: number
  /** The position of the last receipt of any user. */
  receiptsPosition: number
  /** The position of the last change of the presence of any user. */
  presencePosition: number
  /** The position at which any user last began or ended to be joined to a room. */
  sharingPosition: number
}

/**
 * Reads everything in one statement: a message that wakes thousands of members runs all statements of a sync for each
 * of them.
 */
export async function viewerFacts(
  q: Queries,
  { userId, deviceId, tokenHash }: Viewer,
  since: StreamPoint,
): Promise<ViewerFacts> {
  const facts: ViewerFacts & { ignored: Set<string> } = {
    position: START,
    hasSession: tokenHash === undefined,
    isLocked: false,
    rulesVersion: 0,
    ignored: new Set(),
    blocksInvitations: false,
    accountData: [],
    hasMessages: false,
    heldKeys: [],
    listsPosition: 0,
    receiptsPosition: 0,
    presencePosition: 0,
    sharingPosition: 0,
  }
  const viewer = { userId, deviceId: deviceId ?? NO_DEVICE, tokenHash: tokenHash ?? '' }
  const rows = await q.all(factsOfViewer, { ...viewer, since })
  // A few rows, for which a database would make a table to sort them.
  rows.sort((a, b) => a.position - b.position)
  for (const row of rows) addFact(facts, row)
  facts.heldKeys.sort((a, b) => (a.algorithm < b.algorithm ? -1 : Number(a.algorithm > b.algorithm)))
  return facts
}

/** @throws MatrixError 401 when the session has ended, or the account of the viewer is locked */
export function requireSession({ hasSession, isLocked }: Pick<ViewerFacts, 'hasSession' | 'isLocked'>): void {
  if (!hasSession) throw unknownToken()
  if (isLocked) throw userLocked()
}

/** The value of the fact `session`. */
const LOCKED = 'locked'

type FactRow = typeof factsOfViewer extends Query<infer _P, infer R> ? R : never

function addFact(facts: ViewerFacts & { ignored: Set<string> }, row: FactRow): void {
  const { type, value } = row
  switch (row.fact) {
    case 'position':
      facts.position = pointOfColumn(value)
      break
    case 'session':
      facts.hasSession = true
      facts.isLocked = value === LOCKED
      break
    case 'rules':
      facts.rulesVersion = Number(value)
      break
    case 'ignored':
      facts.ignored.add(value)
      break
    case 'blocks':
      facts.blocksInvitations = true
      break
    case 'message':
      facts.hasMessages = true
      break
    case 'one-time':
    case 'fallback':
      facts.heldKeys.push({ kind: row.fact, algorithm: type, count: Number(value) })
      break
    case 'lists':
      facts.listsPosition = Number(value)
      break
    case 'receipts':
      facts.receiptsPosition = Number(value)
      break
    case 'presence':
      facts.presencePosition = Number(value)
      break
    case 'sharing':
      facts.sharingPosition = Number(value)
      break
    case 'data':
      facts.accountData.push({ room_id: row.room_id, type, content: value })
  }
}

const NO_ROOM = sql<RoomId | ''>`''`
const NO_DEVICE = '' as DeviceId

type Fact =
  | 'session'
  | 'data'
  | 'ignored'
  | 'blocks'
  | 'rules'
  | 'message'
  | HeldKey['kind']
  | 'position'
  | 'lists'
  | 'receipts'
  | 'presence'
  | 'sharing'

/** The columns of a fact about the user alone. */
const fact = (name: Fact, value: RawBuilder<string> = sql<string>`''`, type = sql<string>`''`) =>
  [
    sql.lit<Fact>(name).as('fact'),
    NO_ROOM.as('room_id'),
    type.as('type'),
    value.as('value'),
    sql<number>`0`.as('position'),
  ] as const

const ONE_ROW = sql<{ one: number }>`(select 1 as one)`

/** `max` and not `exists`: PostgreSQL expects a third of a table after any position, and would read all of it. */
const lastChange = (userId: RawBuilder<unknown>, d: Dialect) =>
  d.greatest(
    d.greatest(
      sql`coalesce((select max(c.position) from device_list_changes as c), 0)`,
      sql`coalesce((select max(j.sharing_position) from memberships as j), 0)`,
    ),
    sql`coalesce((select max(k.position) from key_signatures as k where k.signer_id = ${userId}), 0)`,
  )

type OfViewer = { userId: UserId; deviceId: DeviceId; tokenHash: string; since: StreamPoint }

const factsOfKeys = (db: QueryCreator<Schema>, p: OfViewer) =>
  db
    .selectFrom('one_time_keys')
    .select(fact('one-time', sql<string>`cast(count(*) as text)`, sql.ref('algorithm')))
    .where('user_id', '=', p.userId)
    .where('device_id', '=', p.deviceId)
    .where('claimed_at', 'is', null)
    .groupBy('algorithm')
    .unionAll(
      db
        .selectFrom('fallback_keys')
        .select(fact('fallback', sql<string>`'1'`, sql.ref('algorithm')))
        .where('user_id', '=', p.userId)
        .where('device_id', '=', p.deviceId)
        .where('is_used', '=', 0),
    )

const positions = (db: QueryCreator<Schema>, p: OfViewer, d: Dialect) => {
  const asText = (position: RawBuilder<unknown>) => sql<string>`cast(${position} as text)`
  const receipts = sql`coalesce((select max(c.position) from receipts as c), 0)`
  const presence = sql`coalesce((select max(c.position) from presence as c), 0)`
  const sharing = sql`coalesce((select max(j.sharing_position) from memberships as j), 0)`
  return db
    .selectFrom('stream')
    .select(fact('position', pointColumn(d)))
    .$if(d.name === 'sqlite', (one) => one.where('id', '=', 1))
    .unionAll(db.selectFrom(ONE_ROW.as('r')).select(fact('lists', asText(lastChange(sql`${p.userId}`, d)))))
    .unionAll(db.selectFrom(ONE_ROW.as('r')).select(fact('receipts', asText(receipts))))
    .unionAll(db.selectFrom(ONE_ROW.as('r')).select(fact('presence', asText(presence))))
    .unionAll(db.selectFrom(ONE_ROW.as('r')).select(fact('sharing', asText(sharing))))
}

export const factsOfViewer = query<OfViewer>()((db, p, d) =>
  db
    .selectFrom('account_data')
    .select([sql.lit<Fact>('data').as('fact'), 'room_id', 'type', 'content as value', 'position'])
    .where('user_id', '=', p.userId)
    .where(d.isAfter('position', p.since))
    .unionAll(
      db
        .selectFrom('access_tokens as t')
        .innerJoin('users as o', 'o.user_id', 't.user_id')
        .select(
          fact('session', sql<string>`case when o.locked_at is null then '' else ${sql.lit(LOCKED)} end`),
        )
        .where('t.token_hash', '=', p.tokenHash),
    )
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
        .selectFrom(ONE_ROW.as('r'))
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
    .unionAll(factsOfKeys(db, p))
    .unionAll(positions(db, p, d)),
)
