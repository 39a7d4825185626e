import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { call, foundingPusher, registerUser } from '../support/client.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { startTestServer } from '../support/server.ts'

// Client-server API, "Invite permission"; MSC4380.

const STABLE = 'm.invite_permission_config'
const UNSTABLE = 'org.matrix.msc4380.invite_permission_config'

type Sync = { next_batch: string; rooms: { invite: Record<string, unknown>; join: Record<string, unknown> } }

async function setUp(t: TestContext) {
  const { url } = await startTestServer(t)
  const [alice, bob, cat] = [
    await registerUser(url, 'alice'),
    await registerUser(url, 'bob'),
    await registerUser(url, 'cat'),
  ]
  const set = (content: object, type = STABLE) =>
    alice.put(`/user/${encodeURIComponent(alice.userId)}/account_data/${type}`, content)
  const invitations = async (since?: string) => {
    const from = since === undefined ? '' : `&since=${since}`
    return Object.keys(((await alice.get(`/sync?timeout=0${from}`)) as Sync).rooms.invite)
  }
  const invite = (roomId: string) =>
    bob.try('POST', `/rooms/${encodeURIComponent(roomId)}/invite`, { user_id: alice.userId })
  return { url, alice, bob, cat, set, invitations, invite }
}

describe('a user who blocks invitations', () => {
  test('is not invited by /invite, by a state event or by /createRoom: 403 M_INVITE_BLOCKED', async (t) => {
    const { alice, bob, cat, set, invitations, invite } = await setUp(t)
    const roomId = await bob.createRoom({ preset: 'private_chat' })
    await set({ default_action: 'block' })
    const refused = await invite(roomId)
    assert.deepEqual([refused.status, refused.body['errcode']], [403, 'M_INVITE_BLOCKED'])
    const member = `/rooms/${encodeURIComponent(roomId)}/state/m.room.member/${encodeURIComponent(alice.userId)}`
    const byState = await bob.try('PUT', member, { membership: 'invite' })
    assert.deepEqual([byState.status, byState.body['errcode']], [403, 'M_INVITE_BLOCKED'])
    const alone = await bob.try('POST', '/createRoom', { is_direct: true, invite: [alice.userId] })
    assert.deepEqual([alone.status, alone.body['errcode']], [403, 'M_INVITE_BLOCKED'])
    const joined = async () => ((await bob.get('/joined_rooms'))['joined_rooms'] as string[]).length
    assert.equal(await joined(), 1, 'a refused request creates no room')
    const group = await bob.createRoom({ preset: 'private_chat', invite: [alice.userId, cat.userId] })
    const { chunk } = (await bob.get(`/rooms/${encodeURIComponent(group)}/members`)) as {
      chunk: { state_key: string; content: { membership: string } }[]
    }
    assert.deepEqual(
      Object.fromEntries(chunk.map(({ state_key, content }) => [state_key, content.membership])),
      { [bob.userId]: 'join', [cat.userId]: 'invite' },
    )
    assert.deepEqual(await invitations(), [])
    const outsider = await cat.try('POST', `/rooms/${encodeURIComponent(roomId)}/invite`, {
      user_id: alice.userId,
    })
    assert.deepEqual(
      [outsider.status, outsider.body['errcode']],
      [403, 'M_FORBIDDEN'],
      'a user who may not invite does not see whether the other one blocks invitations',
    )
  })

  test('can invite others, join rooms and be kicked', async (t) => {
    const { alice, bob, set } = await setUp(t)
    await set({ default_action: 'block' })
    const roomId = await alice.createRoom({ preset: 'private_chat', invite: [bob.userId] })
    await bob.post(`/join/${encodeURIComponent(roomId)}`)
    const open = await bob.createRoom({ preset: 'public_chat' })
    await alice.post(`/join/${encodeURIComponent(open)}`)
    await bob.post(`/rooms/${encodeURIComponent(open)}/kick`, { user_id: alice.userId })
  })

  for (const [type, block, permit] of [
    [STABLE, { default_action: 'block' }, {}],
    [UNSTABLE, { block_all: true }, { block_all: false }],
  ] as const)
    test(`does not see earlier invitations in /sync, /notifications and the badge until ${type} permits them`, async (t) => {
      const { url, alice, bob, set, invitations, invite } = await setUp(t)
      const gateway = await startPokeReceiver(t)
      await alice.post('/pushers/set', foundingPusher(gateway.url))
      const roomId = await bob.createRoom({ preset: 'private_chat' })
      assert.equal((await invite(roomId)).status, 200)
      await gateway.waitFor((poke) => poke.counts?.unread === 1)
      const { next_batch: since } = (await alice.get('/sync?timeout=0')) as Sync
      await set(block, type)
      await gateway.waitFor((poke) => poke.event_id === undefined && poke.counts?.unread === 0)
      assert.deepEqual(await invitations(), [])
      assert.deepEqual(await invitations(since), [])
      const legacy = await call(`${url}/_matrix/client/r0/events?from=s0&timeout=0`, { token: alice.token })
      const { chunk = [] } = legacy.body as { chunk?: { state_key?: string; type: string }[] }
      assert.ok(
        !chunk.some(({ state_key, type: kind }) => kind === 'm.room.member' && state_key === alice.userId),
      )
      const listed = (await alice.get('/notifications')) as { notifications: unknown[] }
      assert.deepEqual(listed.notifications, [])
      const { next_batch: blocked } = (await alice.get('/sync?timeout=0')) as Sync
      await set(permit, type)
      await gateway.waitFor((poke) => poke.event_id === undefined && poke.counts?.unread === 1)
      assert.deepEqual(await invitations(), [roomId])
      assert.deepEqual(await invitations(blocked), [roomId])
      await alice.post(`/join/${encodeURIComponent(roomId)}`)
    })

  test('keeps the invitations of ignored users hidden when the block ends, and the other way round', async (t) => {
    const { alice, bob, cat, set, invitations, invite } = await setUp(t)
    const ignore = (...ids: string[]) =>
      set({ ignored_users: Object.fromEntries(ids.map((id) => [id, {}])) }, 'm.ignored_user_list')
    const ofBob = await bob.createRoom({ preset: 'private_chat' })
    await invite(ofBob)
    const ofCat = await cat.createRoom({ preset: 'private_chat', invite: [alice.userId] })
    await set({ default_action: 'block' })
    await ignore(bob.userId)
    await set({})
    assert.deepEqual(await invitations(), [ofCat])
    await set({ default_action: 'block' })
    await ignore()
    assert.deepEqual(await invitations(), [])
    await set({ default_action: 'unknown' })
    assert.deepEqual((await invitations()).sort(), [ofBob, ofCat].sort())
    const { notifications } = (await alice.get('/notifications')) as { notifications: unknown[] }
    assert.equal(notifications.length, 2)
  })
})
