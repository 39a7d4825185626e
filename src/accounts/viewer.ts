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

type FactRow = typeof factsOfViewer extends Query<infer _P, infer R> ? R : never

function addFact(facts: ViewerFacts & { ignored: Set<string> }, row: FactRow): void {
  const { type, value } = row
  switch (row.fact) {
    case 'single':
      addSingleFacts(facts, value)
      break
    case 'ignored':
      facts.ignored.add(value)
      break
    case 'one-time':
    case 'fallback':
      facts.heldKeys.push({ kind: row.fact, algorithm: type, count: Number(value) })
      break
    case 'data':
      facts.accountData.push({ room_id: row.room_id, type, content: value })
  }
}

// The values of the fact about the session.
const [NO_SESSION, USABLE, LOCKED] = [0, 1, 2] as const

/** In the order of `singleFacts`. */
function addSingleFacts(facts: ViewerFacts, text: string): void {
  const [point = '', ...numbers] = text.split(' ')
  const [rules = 0, lists = 0, receipts = 0, presence = 0, sharing = 0, ...flags] = numbers.map(Number)
  const [session = NO_SESSION, blocksInvitations, hasMessages] = flags
  facts.position = pointOfColumn(point)
  facts.rulesVersion = rules
  facts.listsPosition = Math.max(lists, sharing)
  facts.receiptsPosition = receipts
  facts.presencePosition = presence
  facts.sharingPosition = sharing
  facts.hasSession ||= session !== NO_SESSION
  facts.isLocked = session === LOCKED
  facts.blocksInvitations = blocksInvitations === 1
  facts.hasMessages = hasMessages === 1
}

const NO_ROOM = sql<RoomId | ''>`''`
const NO_DEVICE = '' as DeviceId

type Fact = 'data' | 'ignored' | 'single' | HeldKey['kind']

/** The columns of a fact about the user alone. */
const fact = (name: Fact, value: RawBuilder<string> = sql<string>`''`, type = sql<string>`''`) =>
  [
    sql.lit<Fact>(name).as('fact'),
    NO_ROOM.as('room_id'),
    type.as('type'),
    value.as('value'),
    sql<number>`0`.as('position'),
  ] as const

/** `max` and not `exists`: PostgreSQL expects a third of a table after any position, and would read all of it. */
const lastListChange = (userId: RawBuilder<unknown>, d: Dialect) =>
  d.greatest(
    sql`coalesce((select max(c.position) from device_list_changes as c), 0)`,
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

/**
 * The facts that each viewer has once, as one text: reading a row takes longer than finding most of these. In
 * the order of `addSingleFacts`.
 */
const singleFacts = (db: QueryCreator<Schema>, p: OfViewer, d: Dialect) => {
  const isThere = (rows: RawBuilder<unknown>) => sql`case when exists (${rows}) then 1 else 0 end`
  const numbers = [
    sql`coalesce((select s.version from rule_sets as s where s.user_id = ${p.userId}), 0)`,
    lastListChange(sql`${p.userId}`, d),
    sql`coalesce((select max(c.position) from receipts as c), 0)`,
    sql`coalesce((select max(c.position) from presence as c), 0)`,
    sql`coalesce((select max(j.sharing_position) from memberships as j), 0)`,
    sql`coalesce((select case when o.locked_at is null then ${sql.lit(USABLE)} else ${sql.lit(LOCKED)} end
      from access_tokens as a join users as o on o.user_id = a.user_id where a.token_hash = ${p.tokenHash}), ${sql.lit(NO_SESSION)})`,
    isThere(sql`select 1 from users as u where u.user_id = ${p.userId} and u.blocks_invitations = 1`),
    isThere(
      sql`select 1 from device_messages as m where m.user_id = ${p.userId} and m.device_id = ${p.deviceId}`,
    ),
  ]
  const texts = [pointColumn(d), ...numbers.map((number) => sql`cast(${number} as text)`)]
  return db
    .selectFrom('stream')
    .select(fact('single', sql<string>`${sql.join(texts, sql` || ' ' || `)}`))
    .$if(d.name === 'sqlite', (one) => one.where('id', '=', 1))
}

export const factsOfViewer = query<OfViewer>()((db, p, d) =>
  db
    .selectFrom('account_data')
    .select([sql.lit<Fact>('data').as('fact'), 'room_id', 'type', 'content as value', 'position'])
    .where('user_id', '=', p.userId)
    .where(d.isAfter('position', p.since))
    .unionAll(
      db
        .selectFrom('ignored_users')
        .select(fact('ignored', sql.ref('ignored')))
        .where('user_id', '=', p.userId),
    )
    .unionAll(factsOfKeys(db, p))
    .unionAll(singleFacts(db, p, d)),
)
