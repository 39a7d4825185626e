import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Client } from 'pg'
import { removeCollapsed } from '../../src/delivery/collapse-store.ts'
import { ripePushers } from '../../src/delivery/email/mail-store.ts'
import { addForUsers } from '../../src/delivery/outbox-store.ts'
import {
  followingWithRooms as following,
  headsWithRooms as heads,
} from '../../src/notifications/poke-heads-store.ts'
import { removeDone } from '../../src/sending/item-store.ts'
import { claim, unattended } from '../../src/sending/lane-store.ts'
import { settle, settleDeliveries } from '../../src/sending/settle-store.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { postgresBuilder } from '../../src/storage/postgres-queries.ts'
import {
  compileQuery,
  type Params,
  postgresDialect,
  type Query,
  sqliteDialect,
} from '../../src/storage/query.ts'
import { sqliteBuilder } from '../../src/storage/sqlite-queries.ts'
import { insertCollapsed, oldestWaiting } from '../../src/trace/steps-store.ts'
import { afterTest } from '../support/after-test.ts'
import { clusterUrl, newPostgresUrl, newDataFolder } from '../support/databases.ts'
import { silentLog } from '../support/log.ts'

// The cost of one poke must not depend on the number of items that wait behind it.

const PUSHERS = 25
const FIRST = 1_000_000
const LONG_AGO = 1
const lease = { owner: 'me', now: 1000, until: 2000 }

const outcome = {
  id: 3,
  gen: 0,
  tries: 0,
  failing: null,
  retry_at: null,
  hold_end: null,
  fault: null,
  fault_at: null,
  success_at: null,
  responded: 0,
  only_if_due: 0,
  told: null,
  seen: null,
  raised: 0,
  waits: 0,
  give_back: 0,
}

type Statement = { query: Query<never, unknown>; params: Params }
const statement = <P extends Params>(query: Query<P, unknown>, params: P): Statement => ({
  query: query as Query<never, unknown>,
  params,
})

/**
 * Every statement of a poke that reads or changes queue items. `after`: the position up to which the items
 * are done.
 */
const STATEMENTS: Record<string, Statement> = {
  claim: statement(claim, { kind: 'poke', laneIds: [3], idle: [], ...lease }),
  heads: statement(heads, { owner: 'me', items: [{ id: 3, after: 0, urgent_after: 0 }] }),
  'heads after 20 items': statement(heads, {
    owner: 'me',
    items: [{ id: 3, after: FIRST + 20, urgent_after: FIRST + 20 }],
  }),
  following: statement(following, {
    owner: 'me',
    items: [{ at: 0, id: 3, gen: 0, after: FIRST, take: 14, calm: 1 }],
  }),
  removeDone: statement(removeDone, { items: [{ id: 3, position: FIRST }] }),
  settle: statement(settle, {
    ...lease,
    keeps_idle: 1,
    items: [{ ...outcome, success_at: 1000, responded: 1, told: 1 }],
  }),
  settleDeliveries: statement(settleDeliveries, {
    ...lease,
    keeps_idle: 1,
    items: [{ id: 3, gen: 0, told: 1, seen: null, give_back: 0 }],
  }),
  'settle where a circuit is open': statement(settle, {
    ...lease,
    keeps_idle: 1,
    items: [
      { ...outcome, retry_at: 2000, fault: 'network', fault_at: 1, only_if_due: 1, waits: 1, give_back: 1 },
    ],
  }),
  oldestWaiting: statement(oldestWaiting, { pusherIds: [3] }),
  unattended: statement(unattended, { kind: 'poke', owner: 'me', after: 0, limit: 500, now: 1000 }),
  ripePushers: statement(ripePushers, { after: 0, limit: 500, now: 1000, before: 900, beyond: 1100 }),
  removeCollapsed: statement(removeCollapsed, { pusherId: 3, upTo: [FIRST], keep: [] }),
  insertCollapsed: statement(insertCollapsed, { pusherId: 3, at: 1, upTo: [FIRST], keep: [], others: [] }),
  addForUsers: statement(addForUsers, { userIds: ['@u3:test' as never], position: 9, now: 9, urgent: 0 }),
}

const fillQueues = (urgent: 0 | 1) => `
  delete from lane_items;
  delete from pushers;
  delete from lanes;
  insert into lanes (lane_id, kind, destination, lease_owner, lease_until)
    select id, 'poke', '', 'me', 2000 from generate_series(1, ${PUSHERS}) as s(id);
  insert into pushers (pusher_id, user_id, app_id, pushkey, kind, handle_is_instance, app_display_name, device_display_name,
    lang, data, created_at, set_at)
    select id, '@u' || id || ':test', 'app', 'key' || id, 'http', 0, '', '', 'en', '{}', 0, 0
    from generate_series(1, ${PUSHERS}) as s(id);
  insert into lane_items (lane_id, position, created_at, urgent)
    select p, ${FIRST} + i, ${LONG_AGO}, ${urgent} from generate_series(1, ${PUSHERS}) as a(p), generate_series(0, $backlog - 1) as b(i);
  -- Each lane has one item that is not urgent, after the other items.
  insert into lane_items (lane_id, position, created_at) select p, 2 * ${FIRST}, 1 from generate_series(1, ${PUSHERS}) as a(p);
  analyze lane_items; analyze pushers; analyze lanes;`

type Plan = { Plans?: Plan[]; [key: string]: unknown }

/** Returns the number of rows of `lane_items` that a plan has read. */
function rowsRead(plan: Plan): number {
  const ownRows = ['Actual Rows', 'Rows Removed by Filter', 'Rows Removed by Index Recheck']
    .map((name) => Number(plan[name] ?? 0))
    .reduce((sum, rows) => sum + rows, 0)
  const isItems = plan['Relation Name'] === 'lane_items' && String(plan['Node Type']).includes('Scan')
  const childRows = (plan.Plans ?? []).reduce((sum, child) => sum + rowsRead(child), 0)
  return childRows + (isItems ? ownRows * Number(plan['Actual Loops'] ?? 1) : 0)
}

async function readOnPostgres(client: Client, { query, params }: Statement): Promise<number> {
  const { sql, bind } = compileQuery(postgresBuilder, postgresDialect, query)
  await client.query('begin')
  const { rows } = await client.query(`explain (analyze, format json) ${sql}`, bind(params))
  await client.query('rollback')
  return rowsRead(rows[0]['QUERY PLAN'][0].Plan)
}

async function openPostgres(t: TestContext, cluster: string): Promise<Client> {
  const url = await newPostgresUrl(cluster)
  await (await openDatabase(url, silentLog))[Symbol.asyncDispose]()
  const client = new Client({ connectionString: url })
  await client.connect()
  afterTest(t, () => client.end())
  return client
}

const cluster = clusterUrl()
const skip = typeof cluster === 'string' ? false : cluster.missing

test(
  'PostgreSQL reads the same number of queue rows for a poke with 4,000 waiting events as with 40',
  { skip },
  async (t) => {
    const client = await openPostgres(t, cluster as string)
    for (const urgent of [0, 1] as const) {
      const read = async (backlog: number) => {
        await client.query(fillQueues(urgent).replace('$backlog', String(backlog)))
        const found: Record<string, number> = {}
        for (const [name, one] of Object.entries(STATEMENTS)) found[name] = await readOnPostgres(client, one)
        return found
      }
      const short = await read(40)
      const long = await read(4000)
      for (const [name, rows] of Object.entries(long))
        assert.ok(
          rows <= Math.max(Number(short[name]), 2 * PUSHERS),
          `${name} reads ${rows} rows with 4,000 items for each of ${PUSHERS} pushers, and ${short[name]} rows with 40 (urgent: ${urgent})`,
        )
    }
  },
)

/** Steps of a plan that find queue items by more than the lane. */
const BY_KEY = /\b(o|i|lane_items)\b.*\(lane_id=\? AND position[=<>]\?\)|\b(i|lane_items)\b.*\(lane_id>\?\)/
/** These statements read only the first item of a lane, by `min()` or a limit. */
const FIRST_ROW = new Set([
  'settle',
  'settleDeliveries',
  'settle where a circuit is open',
  'oldestWaiting',
  'ripePushers',
])

test('SQLite uses the whole key of the queue for each statement of a poke, or stops at the first row', async (t) => {
  const path = join(newDataFolder(t), 'belfry.db')
  await (await openDatabase(`sqlite:${path}`, silentLog))[Symbol.asyncDispose]()
  const database = new DatabaseSync(path)
  afterTest(t, () => database.close())
  const stepsOf = (sql: string) =>
    database
      .prepare(`explain query plan ${sql}`)
      .all()
      .map((row) => String(row['detail']))
      // In the facts of a head, `o` is the outcome of a cohort.
      .filter((step) => /^(SEARCH|SCAN) (o|i|lane_items)\b(?!.*cohort=)/.test(step))
  for (const [name, { query }] of Object.entries(STATEMENTS)) {
    const steps = stepsOf(compileQuery(sqliteBuilder, sqliteDialect, query).sql)
    const byLane = FIRST_ROW.has(name) ? /PRIMARY KEY \(lane_id=\?\)/ : /never/
    assert.deepEqual(
      steps.filter((step) => !BY_KEY.test(step) && !byLane.test(step)),
      [],
      name,
    )
  }
})
