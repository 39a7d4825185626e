import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountDataSince } from '../../src/accounts/account-data-store.ts'
import { defaultRules } from '../../src/push-rules/index.ts'
import type { UserId } from '../../src/lib/ids.ts'
import type { Json } from '../../src/lib/json.ts'
import { query } from '../../src/storage/query.ts'
import { START } from '../../src/storage/stream-point.ts'
import { currentPosition } from '../support/current-position.ts'
import { afterTest } from '../support/after-test.ts'
import { onEachDatabase } from '../support/databases.ts'
import { accountServer, registered } from './account-server.ts'
import { valueOf } from '../support/take-position.ts'

const OF_ACCOUNT = '/user/@alice:localhost/account_data'
const OF_ROOM = '/user/@alice:localhost/rooms/!r:localhost/account_data'
const alice = '@alice:localhost' as UserId

const ignoredBy = query<{ userId: UserId }>()((db, p) =>
  db.selectFrom('ignored_users').select('ignored').where('user_id', '=', p.userId).orderBy('ignored'),
)

onEachDatabase('account data', (open) => {
  test('account data is stored by user, room and type, and a second PUT replaces the first', async (t) => {
    const { call } = accountServer(t, await open(t))
    const token = await registered(call, 'alice')
    const bob = await registered(call, 'bob')
    for (const [path, body] of [
      [`${OF_ACCOUNT}/m.direct`, { old: true }],
      [`${OF_ACCOUNT}/m.direct`, { '@bob:localhost': ['!r:localhost'], 'm.float': 1.5 }],
      [`${OF_ROOM}/m.direct`, { room: 'r' }],
      [`${OF_ROOM}/m.tag`, { tags: {} }],
    ] as const)
      assert.deepEqual(await call('PUT', path, { token, body: body as never }), { status: 200, body: {} })
    const get = async (path: string) => (await call('GET', path, { token })).body
    const direct = { '@bob:localhost': ['!r:localhost'], 'm.float': 1.5 }
    assert.deepEqual(await get(`${OF_ACCOUNT}/m.direct`), direct)
    assert.deepEqual(await get(`${OF_ROOM}/m.direct`), { room: 'r' })
    const none = await call('GET', '/user/@bob:localhost/account_data/m.direct', { token: bob })
    assert.deepEqual([none.status, none.body['errcode']], [404, 'M_NOT_FOUND'])
    const other = await call('GET', `${OF_ACCOUNT}/m.tag`, { token })
    assert.equal(other.status, 404)
  })

  test('each PUT takes a position and wakes the user after the commit, also with unchanged content', async (t) => {
    const db = await open(t)
    const { call, deps } = accountServer(t, db)
    const token = await registered(call, 'alice')
    const seen: Promise<string[]>[] = []
    const leave = deps.bus.subscribe(['user:@alice:localhost'], () =>
      seen.push(
        db.all(accountDataSince, { userId: alice, since: START }).then((rows) => rows.map((row) => row.type)),
      ),
    )
    afterTest(t, leave)
    const before = await currentPosition(db)
    for (const path of [`${OF_ACCOUNT}/m.x`, `${OF_ACCOUNT}/m.x`, `${OF_ROOM}/m.y`]) {
      await call('PUT', path, { token, body: {} })
      // The rows that the reader saw when it was woken, read before the next change is visible.
      await Promise.all(seen)
    }
    const position = await currentPosition(db)
    assert.equal(valueOf(db, position), valueOf(db, before) + 3)
    assert.deepEqual(await Promise.all(seen), [['m.x'], ['m.x'], ['m.x', 'm.y']])
    const rows = await db.all(accountDataSince, { userId: alice, since: [position - 1] })
    assert.deepEqual(rows, [{ room_id: '!r:localhost', type: 'm.y', content: '{}', position }])
  })

  test('a PUT of m.push_rules or m.fully_read returns 405, and a GET of m.push_rules returns the rules', async (t) => {
    const db = await open(t)
    const { call } = accountServer(t, db)
    const token = await registered(call, 'alice')
    for (const path of [OF_ACCOUNT, OF_ROOM])
      for (const type of ['m.push_rules', 'm.fully_read']) {
        const { status, body } = await call('PUT', `${path}/${type}`, { token, body: { global: {} } })
        assert.deepEqual([status, body['errcode']], [405, 'M_BAD_JSON'])
      }
    assert.deepEqual(await db.all(accountDataSince, { userId: alice, since: START }), [])
    const { status, body } = await call('GET', `${OF_ACCOUNT}/m.push_rules`, { token })
    const rules = defaultRules({ userId: alice, localpart: 'alice', legacyMentionRules: true })
    assert.deepEqual({ status, body }, { status: 200, body: { global: rules } as never })
    assert.equal((await call('GET', `${OF_ROOM}/m.push_rules`, { token })).status, 404)
  })

  test('a PUT is refused for another user, an invalid room id, a body that is too long and a malformed type', async (t) => {
    const { call } = accountServer(t, await open(t))
    const token = await registered(call, 'alice')
    for (const [path, body, status, errcode] of [
      ['/user/@bob:localhost/account_data/m.x', {}, 403, 'M_FORBIDDEN'],
      ['/user/@bob:localhost/rooms/!r:localhost/account_data/m.x', {}, 403, 'M_FORBIDDEN'],
      ['/user/@alice:localhost/rooms/r/account_data/m.x', {}, 400, 'M_INVALID_PARAM'],
      [`${OF_ACCOUNT}/m.x`, [], 400, 'M_BAD_JSON'],
      [`${OF_ACCOUNT}/m.x`, { x: 'x'.repeat(65_536) }, 413, 'M_TOO_LARGE'],
      [`${OF_ACCOUNT}/${'x'.repeat(256)}`, {}, 400, 'M_INVALID_PARAM'],
      [`${OF_ACCOUNT}/m.%00`, {}, 400, 'M_INVALID_PARAM'],
    ] as const) {
      const response = await call('PUT', path, { token, body: body as never })
      assert.deepEqual([response.status, response.body['errcode']], [status, errcode], path)
    }
    const others = await call('GET', '/user/@bob:localhost/account_data/m.x', { token })
    assert.equal(others.status, 403)
  })

  test('m.ignored_user_list is stored as one row for each ignored user and is removed with the account', async (t) => {
    const db = await open(t)
    const { call } = accountServer(t, db)
    const token = await registered(call, 'alice')
    const path = `${OF_ACCOUNT}/m.ignored_user_list`
    const ignore = async (body: Json) => {
      assert.equal((await call('PUT', path, { token, body })).status, 200)
      return (await db.all(ignoredBy, { userId: alice })).map((row) => row.ignored)
    }
    const list = (...ids: string[]) => ({ ignored_users: Object.fromEntries(ids.map((id) => [id, {}])) })
    assert.deepEqual(await ignore(list('@bob:here', '@carol:here')), ['@bob:here', '@carol:here'])
    assert.deepEqual(await ignore(list('@carol:here', 'no user id', alice)), ['@carol:here'])
    await call('PUT', `${OF_ROOM}/m.ignored_user_list`, { token, body: list('@bob:here') })
    assert.deepEqual(await ignore(list('@dora:here')), ['@dora:here'], 'the list of a room is not used')
    for (const odd of [{}, { ignored_users: ['@bob:here'] }, { ignored_users: null }, { ignored_users: 'x' }])
      assert.deepEqual(await ignore(odd), [])
    await ignore(list('@bob:here'))
    const auth = { type: 'm.login.password', user: 'alice', password: 'secret' }
    const gone = await call('POST', '/account/deactivate', { token, body: { auth, erase: true } })
    assert.equal(gone.status, 200)
    assert.deepEqual(await db.all(ignoredBy, { userId: alice }), [])
  })
})
