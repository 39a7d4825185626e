import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { call, foundingPusher, registerUser, type TestUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { startTestServer } from '../support/server.ts'

const encoded = encodeURIComponent
const ON = { BELFRY_EXPERIMENTAL_THREAD_SUBSCRIPTIONS: 'true' }
const EXTENSION = 'io.element.msc4308.thread_subscriptions'

async function createFixture(t: TestContext, env: Record<string, string> = ON) {
  const { url } = await startTestServer(t, { env })
  const alice = await registerUser(url, 'alice')
  const bob = await registerUser(url, 'bob')
  const roomId = await alice.createRoom()
  await bob.post(`/join/${encoded(roomId)}`)
  const root = await alice.say(roomId, 'root')
  const reply = (user: TestUser, to = root) =>
    user.say(roomId, 'reply', { 'm.relates_to': { rel_type: 'm.thread', event_id: to } })
  const base = `${url}/_matrix/client/unstable`
  const subscription = (method: string, of = root, body?: unknown, { token } = bob) =>
    call(`${base}/io.element.msc4306/rooms/${encoded(roomId)}/thread/${encoded(of)}/subscription`, {
      method,
      token,
      ...(body !== undefined && { body }),
    })
  const list = (query = '') =>
    call(`${base}/io.element.msc4308/thread_subscriptions?dir=b${query}`, { token: bob.token })
  const sliding = async (pos: string | undefined, more: Record<string, unknown> = {}) => {
    const path = `${base}/org.matrix.simplified_msc3575/sync?timeout=${more['enabled'] === false ? 0 : 20_000}${pos === undefined ? '' : `&pos=${pos}`}`
    const body = { extensions: { [EXTENSION]: { enabled: true, ...more } } }
    const response = await call(path, { token: bob.token, body })
    assert.equal(response.status, 200, JSON.stringify(response.body))
    const extensions = response.body['extensions'] as Record<string, Record<string, unknown>>
    return { pos: String(response.body['pos']), part: extensions[EXTENSION] ?? {} }
  }
  return { url, alice, bob, roomId, root, reply, subscription, list, sliding }
}

test('a user subscribes to a thread and unsubscribes, also automatically for a reply', async (t) => {
  const { alice, root, reply, subscription } = await createFixture(t)
  const status = async (...of: Parameters<typeof subscription>) => (await subscription(...of)).status
  assert.equal(await status('GET'), 404)
  const first = await reply(alice)
  assert.equal(await status('PUT', root, { automatic: first }), 200)
  assert.deepEqual((await subscription('GET')).body, { automatic: true })
  assert.equal(await status('PUT', root, {}), 200)
  assert.deepEqual((await subscription('GET')).body, { automatic: false })
  assert.equal(await status('PUT', root, { automatic: first }), 200)
  assert.deepEqual((await subscription('GET')).body, { automatic: false }, 'the choice of the user stays')

  assert.equal(await status('DELETE'), 200)
  assert.equal(await status('DELETE'), 200)
  assert.equal(await status('GET'), 404)
  const conflict = await subscription('PUT', root, { automatic: first })
  assert.equal(conflict.status, 409)
  assert.equal(conflict.body['errcode'], 'IO.ELEMENT.MSC4306.M_CONFLICTING_UNSUBSCRIPTION')
  assert.equal(await status('PUT', root, { automatic: await reply(alice) }), 200)
  assert.deepEqual((await subscription('GET')).body, { automatic: true })
})

test('a subscription for another event than a reply, or to a hidden thread, is refused', async (t) => {
  const { url, alice, roomId, root, reply, subscription } = await createFixture(t)
  const other = await alice.say(roomId, 'other')
  for (const automatic of [root, other, await reply(alice, other), '$nowhere']) {
    const { status, body } = await subscription('PUT', root, { automatic })
    assert.equal(status, 400)
    assert.equal(body['errcode'], 'IO.ELEMENT.MSC4306.M_NOT_IN_THREAD')
  }
  for (const body of [{ automatic: 'x' }, { automatic: true }, []])
    assert.equal((await subscription('PUT', root, body)).status, 400)
  const carol = await registerUser(url, 'carol')
  for (const method of ['PUT', 'GET', 'DELETE']) {
    const body = method === 'PUT' ? {} : undefined
    assert.equal((await subscription(method, '$nowhere', body)).status, 404)
    assert.equal((await subscription(method, root, body, carol)).status, 404)
  }
})

test('the changes of subscriptions reach sliding sync, and a list in pages has those beyond its limit', async (t) => {
  const { alice, roomId, root, subscription, list, sliding } = await createFixture(t)
  const roots = [root]
  for (let at = 0; at < 4; at++) roots.push(await alice.say(roomId, `${at}`))
  for (const of of roots) await subscription('PUT', of, {})
  const first = await sliding(undefined, { limit: 2 })
  const rootsIn = (part: Record<string, unknown>, key = 'subscribed') =>
    Object.keys((part[key] as Record<string, object> | undefined)?.[roomId] ?? {})
  assert.deepEqual(rootsIn(first.part).toSorted(), roots.slice(3).toSorted())
  const found: string[] = rootsIn(first.part)
  let from = first.part['prev_batch']
  while (typeof from === 'string') {
    const { status, body } = await list(`&limit=2&from=${from}`)
    assert.equal(status, 200)
    found.push(...rootsIn(body))
    from = body['end']
  }
  assert.deepEqual(found.toSorted(), roots.toSorted())

  const waiting = sliding(first.pos)
  await subscription('DELETE', root)
  const next = await waiting
  assert.deepEqual(rootsIn(next.part, 'unsubscribed'), [root])
  assert.deepEqual(rootsIn(next.part), [])
  const { body } = await list(`&to=${first.pos}`)
  assert.deepEqual(rootsIn(body, 'unsubscribed'), [root])
  // A thread that ended while the extension was off.
  const off = await sliding(next.pos, { enabled: false })
  await subscription('DELETE', roots[1])
  const back = await sliding(off.pos)
  assert.deepEqual(rootsIn(back.part, 'unsubscribed').toSorted(), roots.slice(0, 2).toSorted())
  assert.equal(rootsIn(back.part).length, 3)
  const again = await sliding(undefined)
  assert.ok(!('unsubscribed' in again.part), 'a new connection has no subscriptions to end')
  assert.equal(rootsIn(again.part).length, 3)
  for (const query of ['&limit=0', '&from=x', '&to=x']) assert.equal((await list(query)).status, 400)
})

test('subscriptions above their quota are refused', async (t) => {
  const { alice, roomId, root, subscription } = await createFixture(t, {
    ...ON,
    BELFRY_QUOTAS_THREAD_SUBSCRIPTIONS: '1',
  })
  assert.equal((await subscription('PUT', root, {})).status, 200)
  const { status, body } = await subscription('PUT', await alice.say(roomId, 'other'), {})
  assert.equal(status, 403)
  assert.equal(body['org.belfry.quota'], 'quotas.thread_subscriptions')
  await subscription('DELETE', root)
  assert.equal((await subscription('PUT', root, {})).status, 200)
})

test('a reply notifies the users with a subscription to its thread and mentioned users only', async (t) => {
  const { url, alice, bob, roomId, root, subscription } = await createFixture(t)
  const gateway = await startPokeReceiver(t)
  const carol = await registerUser(url, 'carol')
  const dave = await registerUser(url, 'dave')
  for (const user of [carol, dave]) await user.post(`/join/${encoded(roomId)}`)
  for (const user of [bob, carol, dave])
    await user.post(
      '/pushers/set',
      foundingPusher(gateway.url, { pushkey: user.userId, instance_handle: user.userId.slice(1, 5) }),
    )
  // Carol has a push rule of her own, so she is evaluated by herself.
  await carol.put('/pushrules/global/content/keyword', { pattern: 'fire', actions: ['notify'] })
  await subscription('PUT', root, {})
  await subscription('PUT', root, {}, carol)
  const thread = { 'm.relates_to': { rel_type: 'm.thread', event_id: root } }
  const reply = await alice.say(roomId, 'reply', thread)
  const told = async (eventId: string, count: number) => {
    await eventually(() => gateway.pokes.filter((poke) => poke.event_id === eventId).length >= count)
    return gateway.pokes.filter((poke) => poke.event_id === eventId).map((poke) => poke.devices[0]?.pushkey)
  }
  await subscription('DELETE', root, undefined, carol)
  const mention = await alice.say(roomId, 'dave?', { ...thread, 'm.mentions': { user_ids: [dave.userId] } })
  const outside = await alice.say(roomId, 'all')
  assert.deepEqual(new Set(await told(outside, 3)), new Set([bob.userId, carol.userId, dave.userId]))
  assert.deepEqual(new Set(await told(reply, 2)), new Set([bob.userId, carol.userId]))
  assert.deepEqual(new Set(await told(mention, 2)), new Set([bob.userId, dave.userId]))

  const countsOf = async (user: TestUser) => {
    const filter = encoded(JSON.stringify({ room: { timeline: { unread_thread_notifications: true } } }))
    const { rooms } = (await user.get(`/sync?filter=${filter}`)) as {
      rooms: {
        join: Record<string, { unread_thread_notifications: Record<string, { notification_count: number }> }>
      }
    }
    return rooms.join[roomId]?.unread_thread_notifications[root]?.notification_count ?? 0
  }
  assert.deepEqual([await countsOf(bob), await countsOf(carol), await countsOf(dave)], [2, 1, 1])

  const rule = '/pushrules/global/postcontent/.io.element.msc4306.rule.subscribed_thread'
  assert.equal((await bob.get(rule))['enabled'], true)
  await bob.put(`${rule}/enabled`, { enabled: false })
  await bob.put(`${rule.replace('.subscribed', '.unsubscribed')}/enabled`, { enabled: false })
  const later = await alice.say(roomId, 'later', thread)
  assert.deepEqual(await told(later, 1), [bob.userId], 'by the rule for all messages')
  const refused = await bob.try('PUT', '/pushrules/global/postcontent/mine', { conditions: [], actions: [] })
  assert.equal(refused.status, 400)
  assert.equal(refused.body['errcode'], 'M_INVALID_PARAM')
})

test('without the setting there are no thread subscriptions', async (t) => {
  const { url, alice, subscription, list } = await createFixture(t, {})
  assert.equal((await subscription('GET')).status, 404)
  assert.equal((await list()).status, 404)
  const { body } = await call(`${url}/_matrix/client/versions`)
  const { global } = (await call(`${url}/_matrix/client/v3/pushrules/`, { token: alice.token })).body as {
    global: object
  }
  assert.ok(!('postcontent' in global))
  assert.equal((await alice.try('GET', '/pushrules/global/postcontent/')).status, 400)
  assert.equal((await alice.try('GET', '/pushrules/global/postcontent/x')).status, 404)
  const refused = await alice.try('PUT', '/pushrules/global/postcontent/x', { conditions: [], actions: [] })
  assert.equal(refused.body['errcode'], 'M_UNKNOWN', 'the kind does not exist')
  assert.ok(!('org.matrix.msc4306' in (body['unstable_features'] as object)))
})
