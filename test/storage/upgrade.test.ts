import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { Client } from 'pg'
import type { RoomId, UserId } from '../../src/lib/ids.ts'
import { listRooms } from '../../src/rooms/room-summaries-store.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { migrations } from '../support/migrations.ts'
import type { ColumnTypes } from '../../src/storage/migration.ts'
import { TYPES as POSTGRES } from '../../src/storage/postgres.ts'
import { TYPES as SQLITE } from '../../src/storage/sqlite.ts'
import { query } from '../../src/storage/query.ts'
import { afterTest } from '../support/after-test.ts'
import { clusterUrl, emptyPostgresUrl, temporaryFolder } from '../support/databases.ts'
import { silentLog } from '../support/log.ts'

// A database of the first version is migrated.

const MIGRATIONS_TABLE = `create table schema_migrations (id integer primary key, name text not null, applied_at bigint not null)`
const APPLIED = `insert into schema_migrations (id, name, applied_at) values (1, 'first', 0)`
function firstVersion(types: ColumnTypes): string[] {
  const [first] = migrations
  assert.ok(first)
  const ignores = (user: string, content: object, type = 'm.ignored_user_list', room = '') =>
    `insert into account_data (user_id, room_id, type, content, position)
      values ('${user}', '${room}', '${type}', '${JSON.stringify(content)}', 1)`
  const list = { ignored_users: { '@spam:x': {}, '@alice:x': {}, 'no user': {} } }
  return [
    MIGRATIONS_TABLE,
    ...first.statements(types),
    APPLIED,
    ...roomWithState(),
    ...summarisedRoom(),
    ...countedThreads(),
    ignores('@alice:x', list),
    ignores('@alice:x', list, 'm.other'),
    ignores('@alice:x', list, 'm.ignored_user_list', '!room'),
    ignores('@bob:x', { ignored_users: ['@spam:x'] }),
    ignores('@carol:x', { ignored_users: '@spam:x' }),
    ignores('@dora:x', {}),
    ignores('@eve:x', { ignored_users: { '@a:x': {}, '@b:x': {} } }),
  ]
}

/** The statements that insert a room with a name, a topic that was set twice, and a member. */
function roomWithState(): string[] {
  const statements = [
    `insert into rooms (room_id, version, creator, created_at) values ('!room', '11', '@alice:x', 0)`,
  ]
  const events = ['m.room.name', 'm.room.topic', 'm.room.topic', 'm.room.member']
  events.forEach((type, at) => {
    const content = JSON.stringify({ at: 'é'.repeat(at) })
    statements.push(
      `insert into events (position, event_id, room_id, type, state_key, sender, origin_server_ts, content, thread_id)
        values (${at + 1}, '$${at}', '!room', '${type}', '', '@alice:x', 0, '${content}', 'main')`,
      `insert into current_state (room_id, type, state_key, event_id, position) values ('!room', '${type}', '', '$${at}', ${at + 1})
        on conflict (room_id, type, state_key) do update set event_id = excluded.event_id, position = excluded.position`,
    )
  })
  return statements
}

/**
 * The statements that insert an encrypted space with all that a summary contains, whose last message is
 * followed by a redacted avatar.
 */
function summarisedRoom(): string[] {
  const events: [type: string, stateKey: string | null, content: object][] = [
    ['m.room.create', '', { type: 'm.space' }],
    ['m.room.member', '@alice:x', { membership: 'join' }],
    ['m.room.name', '', { name: 'Old' }],
    ['m.room.name', '', { name: "Alice's \u00e9" }],
    ['m.room.canonical_alias', '', { alias: '#space:x' }],
    ['m.room.encryption', '', {}],
    ['m.room.message', null, { body: 'one' }],
    ['m.room.message', null, { body: 'two' }],
    ['m.room.avatar', '', { url: 3 }],
  ]
  return [
    `insert into rooms (room_id, version, creator, created_at, joined_count) values ('!space', '11', '@alice:x', 0, 1)`,
    ...events.flatMap(([type, stateKey, content], at) => {
      const [position, key] = [at + 11, stateKey === null ? 'null' : `'${stateKey}'`]
      const text = JSON.stringify(content).replaceAll("'", "''")
      return [
        `insert into events (position, event_id, room_id, type, state_key, sender, origin_server_ts, content, thread_id)
          values (${position}, '$${position}', '!space', '${type}', ${key}, '@alice:x', 0, '${text}', 'main')`,
        ...(stateKey === null
          ? []
          : [
              `insert into current_state (room_id, type, state_key, event_id, position)
                values ('!space', '${type}', ${key}, '$${position}', ${position})
                on conflict (room_id, type, state_key) do update set event_id = excluded.event_id, position = excluded.position`,
            ]),
      ]
    }),
    `insert into memberships (room_id, user_id, membership, event_id, position, name_key, localpart_key, has_pushers)
      values ('!space', '@alice:x', 'join', '$12', 12, '', 'alice', 0)`,
  ]
}

/** The statements that insert outcomes of two threads, the first one before any outcome in 'main'. */
function countedThreads(): string[] {
  const rows: [position: number, thread: string, highlight: number, total: number, inThread: number][] = [
    [21, '$a', 1, 1, 1],
    [22, 'main', 0, 2, 1],
    [23, 'main', 1, 3, 2],
    [24, '$a', 0, 4, 2],
    [25, '$b', 0, 5, 1],
  ]
  const values = rows.map(
    ([position, thread, highlight, total, inThread]) =>
      `('!room', 'default', ${position}, '${thread}', ${highlight}, '[]', '', '', ${total}, 0, ${inThread}, ${highlight})`,
  )
  return [
    `insert into cohort_outcomes (room_id, cohort, position, thread_id, highlight, actions, rule_kind, rule_id, total_notify,
      total_highlight, thread_notify, thread_highlight) values ${values.join()}`,
  ]
}

const totalsOfMain = query()((db) =>
  db.selectFrom('cohort_outcomes').select(['main_notify', 'main_highlight']).orderBy('position'),
)

const stateUsage = query()((db) =>
  db
    .selectFrom('rooms')
    .select(['state_events', 'state_bytes'])
    .where('room_id', '=', '!room' as RoomId),
)

const bumpPositions = query()((db) =>
  db.selectFrom('events').select(['position', 'bump_position']).where('bump_position', 'is not', null),
)

const ignored = query()((db) =>
  db.selectFrom('ignored_users').selectAll().orderBy('user_id').orderBy('ignored'),
)

async function assertMigrated(t: TestContext, url: string): Promise<void> {
  const database = await openDatabase(url, silentLog)
  afterTest(t, () => database[Symbol.asyncDispose]())
  // The name, and the newer topic: {"at":""} and {"at":"éé"}.
  assert.deepEqual(await database.all(stateUsage, {}), [{ state_events: 2, state_bytes: 9 + 13 }])
  assert.deepEqual(
    (await database.all(ignored, {})).map((row) => [row.user_id, row.ignored]),
    [
      ['@alice:x' as UserId, '@spam:x'],
      ['@eve:x' as UserId, '@a:x'],
      ['@eve:x' as UserId, '@b:x'],
    ],
  )
  const totals = await database.all(totalsOfMain, {})
  assert.deepEqual(
    totals.map((row) => [row.main_notify, row.main_highlight]),
    [
      [0, 0],
      [1, 0],
      [2, 1],
      [2, 1],
      [2, 1],
    ],
  )
  const [space] = await listRooms(database, { userId: '@alice:x' as UserId, memberships: ['join'] })
  assert.deepEqual(space, {
    roomId: '!space',
    membership: 'join',
    memberPosition: 12,
    lastPosition: 19,
    bumpPosition: 18,
    joinedCount: 1,
    invitedCount: 0,
    version: '11',
    roomType: 'm.space',
    isEncrypted: true,
    name: "Alice's é",
    canonicalAlias: '#space:x',
    avatarUrl: null,
  })
  assert.deepEqual(await database.all(bumpPositions, {}), [{ position: 19, bump_position: 18 }])
}

test('a database of the first version on sqlite gets its ignored users from account data, its state is counted, its rooms have summaries, and its outcomes have totals of the main thread', async (t) => {
  const path = join(temporaryFolder(t), 'belfry.db')
  const old = new DatabaseSync(path)
  for (const statement of firstVersion(SQLITE)) old.exec(statement)
  old.close()
  await assertMigrated(t, `sqlite:${path}`)
})

const cluster = clusterUrl()

test(
  'a database of the first version on postgres gets its ignored users from account data, its state is counted, its rooms have summaries, and its outcomes have totals of the main thread',
  { skip: typeof cluster === 'string' ? false : cluster.missing },
  async (t) => {
    const url = await emptyPostgresUrl(cluster as string)
    const old = new Client({ connectionString: url })
    await old.connect()
    for (const statement of firstVersion(POSTGRES)) await old.query(statement)
    await old.end()
    await assertMigrated(t, url)
  },
)
