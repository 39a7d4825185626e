import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registerUser, type TestUser } from '../support/client.ts'
import { startTestServer } from '../support/server.ts'
import { onEachServerDatabase } from '../support/server-databases.ts'

const encoded = encodeURIComponent

type Found = { user_id: string; display_name?: string; avatar_url?: string }

const search = async (user: TestUser, search_term: string, more: Record<string, unknown> = {}) =>
  (await user.post('/user_directory/search', { search_term, ...more })) as {
    results: Found[]
    limited: boolean
  }
const idsOf = async (user: TestUser, term: string) =>
  (await search(user, term)).results.map((found) => found.user_id)
const setName = (user: TestUser, displayname: string) =>
  user.put(`/profile/${encoded(user.userId)}/displayname`, { displayname })
const setState = (user: TestUser, roomId: string, type: string, content: Record<string, unknown>) =>
  user.put(`/rooms/${encoded(roomId)}/state/${type}`, content)

onEachServerDatabase('POST /user_directory/search', (flags) => {
  const begin = async (t: Parameters<typeof startTestServer>[0], env: Record<string, string> = {}) => {
    const { url } = await startTestServer(t, { flags: await flags(t), env })
    const users = ['alice', 'bob.smith', 'carol', 'dave'].map((name) => registerUser(url, name))
    const [alice, bob, carol, dave] = (await Promise.all(users)) as [TestUser, TestUser, TestUser, TestUser]
    return { url, alice, bob, carol, dave }
  }
  const ALL = { BELFRY_USER_DIRECTORY_ALL_USERS: 'true' }

  test('finds users by the beginning of each word of their name or user id, in any case', async (t) => {
    const { alice, bob, carol } = await begin(t, ALL)
    await setName(bob, 'Zoë MÜLLER (Support)')
    for (const term of [
      'zo',
      'ZOE',
      'müll',
      'Muller zo',
      'supp',
      'smith',
      'BOB',
      'bob.sm',
      '@bob',
      '@bob.smith:local',
    ])
      assert.deepEqual(await idsOf(alice, term), [bob.userId], term)
    for (const term of ['oe', 'zoe x', '', ' -!', '@bob.smith:elsewhere', 'alice', '%'])
      assert.deepEqual(await idsOf(alice, term), [], term)

    await bob.put(`/profile/${encoded(bob.userId)}/avatar_url`, { avatar_url: 'mxc://localhost/abc' })
    assert.deepEqual(await search(alice, 'zoe'), {
      results: [
        { user_id: bob.userId, display_name: 'Zoë MÜLLER (Support)', avatar_url: 'mxc://localhost/abc' },
      ],
      limited: false,
    })
    assert.deepEqual(await search(alice, 'caro'), { results: [{ user_id: carol.userId }], limited: false })
    await setName(bob, 'Robert')
    assert.deepEqual(await idsOf(alice, 'zoe'), [])
    assert.deepEqual(await idsOf(alice, 'rob'), [bob.userId])
  })

  test('returns exact words first, at most `limit` users, and says whether there are more', async (t) => {
    const { alice, bob, carol, dave } = await begin(t, ALL)
    await setName(bob, 'Annabel')
    await setName(carol, 'Ann Anna')
    await setName(dave, 'Anna')
    assert.deepEqual(await idsOf(alice, 'ann'), [carol.userId, dave.userId, bob.userId])
    const page = await search(alice, 'ann', { limit: 2 })
    assert.deepEqual([page.results.length, page.limited], [2, true])
    assert.equal((await search(alice, 'ann', { limit: 3 })).limited, false)
    for (const body of [
      {},
      { search_term: 1 },
      { search_term: 'a', limit: 0 },
      { search_term: 'a', limit: 'x' },
    ])
      assert.equal((await alice.try('POST', '/user_directory/search', body)).status, 400)
  })

  test('finds only users in a shared room, or in a room that everyone can join or read', async (t) => {
    const { alice, bob, carol, dave } = await begin(t)
    const invite = { preset: 'private_chat' }
    const ofBob = await bob.createRoom(invite)
    const ofCarol = await carol.createRoom(invite)
    const shared = await dave.createRoom({ ...invite, invite: [alice.userId] })
    for (const name of ['bob', 'carol', 'dave']) assert.deepEqual(await idsOf(alice, name), [], name)

    await alice.post(`/join/${encoded(shared)}`)
    assert.deepEqual(await idsOf(alice, 'dave'), [dave.userId])
    assert.deepEqual(await idsOf(dave, 'ali'), [alice.userId])
    await alice.post(`/rooms/${encoded(shared)}/leave`)
    assert.deepEqual(await idsOf(alice, 'dave'), [])

    await setState(bob, ofBob, 'm.room.join_rules', { join_rule: 'public' })
    assert.deepEqual(await idsOf(alice, 'bob'), [bob.userId])
    await setState(bob, ofBob, 'm.room.join_rules', { join_rule: 'knock' })
    assert.deepEqual(await idsOf(alice, 'bob'), [])
    await setState(carol, ofCarol, 'm.room.history_visibility', { history_visibility: 'world_readable' })
    assert.deepEqual(await idsOf(alice, 'carol'), [carol.userId])
    await setState(carol, ofCarol, 'm.room.history_visibility', { history_visibility: 'shared' })
    assert.deepEqual(await idsOf(alice, 'carol'), [])
  })

  test('leaves out deactivated users, ignored users and the asker', async (t) => {
    const { alice, bob, carol } = await begin(t, ALL)
    const ignoring = { ignored_users: { [bob.userId]: {} } }
    await alice.put(`/user/${encoded(alice.userId)}/account_data/m.ignored_user_list`, ignoring)
    assert.deepEqual(await idsOf(alice, 'bob'), [])
    assert.deepEqual(await idsOf(carol, 'bob'), [bob.userId])
    assert.deepEqual(await idsOf(carol, 'carol'), [])
    const auth = {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user: 'carol' },
      password: 'a perfectly fine password',
    }
    const { body } = await carol.try('POST', '/account/deactivate', {})
    await carol.post('/account/deactivate', { auth: { ...auth, session: body['session'] } })
    assert.deepEqual(await idsOf(alice, 'carol'), [])
  })
})
