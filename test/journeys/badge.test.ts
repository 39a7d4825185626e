import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { foundingPusher, registerUser, type TestUser } from '../support/client.ts'
import { type PokeReceiver, startPokeReceiver } from '../support/poke-receiver.ts'
import { startTestServer } from '../support/server.ts'

// The badge count as a gateway receives it.

type Scene = { alice: TestUser; bob: TestUser; gateway: PokeReceiver; rooms: [string, string] }

async function setUp(t: TestContext, badge?: 'rooms' | 'messages'): Promise<Scene> {
  const server = await startTestServer(t, badge === undefined ? {} : { env: { BELFRY_PUSH_BADGE: badge } })
  const gateway = await startPokeReceiver(t)
  const alice = await registerUser(server.url, 'alice')
  const bob = await registerUser(server.url, 'bob')
  await alice.post('/pushers/set', foundingPusher(gateway.url))
  const rooms: [string, string] = [await bob.createRoom(), await bob.createRoom()]
  for (const roomId of rooms) await alice.post(`/join/${encodeURIComponent(roomId)}`)
  return { alice, bob, gateway, rooms }
}

const redact = (user: TestUser, roomId: string, eventId: string) =>
  user.put(`/rooms/${encodeURIComponent(roomId)}/redact/${encodeURIComponent(eventId)}/r`, {})

/** Resolves to the badge count of the next poke after the action. */
async function next(gateway: PokeReceiver, act: () => Promise<unknown>): Promise<number> {
  const before = gateway.pokes.length
  await act()
  const poke = await gateway.waitFor((one) => gateway.pokes.indexOf(one) >= before)
  return poke.counts?.unread ?? 0
}

describe('the badge', () => {
  for (const badge of [undefined, 'rooms'] as const)
    test(`counts rooms with unread notifications ${badge ? 'if push.badge is rooms' : 'by default'}`, async (t) => {
      const { alice, bob, gateway, rooms } = await setUp(t, badge)
      const [one, two] = rooms
      assert.equal(await next(gateway, () => bob.say(one, 'a')), 1)
      let last = ''
      assert.equal(await next(gateway, async () => (last = await bob.say(one, 'b'))), 1)
      assert.equal(await next(gateway, () => bob.say(two, 'c')), 2)
      assert.equal(await next(gateway, () => alice.read(one, last)), 1)
      assert.equal(
        await next(gateway, () =>
          bob.post(`/rooms/${encodeURIComponent(two)}/kick`, { user_id: alice.userId }),
        ),
        0,
      )
    })

  test('counts messages if push.badge is messages: in pokes, after reading, redacting and leaving', async (t) => {
    const { alice, bob, gateway, rooms } = await setUp(t, 'messages')
    const [one, two] = rooms
    const said: string[] = []
    for (let n = 1; n <= 4; n++)
      assert.equal(await next(gateway, async () => said.push(await bob.say(one, `m${n}`))), n)
    assert.equal(await next(gateway, () => bob.say(two, 'c')), 5)
    const thread = { 'm.relates_to': { rel_type: 'm.thread', event_id: said[0] } }
    assert.equal(await next(gateway, () => bob.say(one, 'in the thread', thread)), 6)
    assert.equal(await next(gateway, () => alice.read(one, said[1] ?? '')), 4, 'the room is still unread')
    assert.equal(await next(gateway, () => redact(bob, one, said[2] ?? '')), 3)
    assert.equal(await next(gateway, () => alice.post(`/rooms/${encodeURIComponent(one)}/leave`)), 1)
    const invitation = await next(gateway, async () => {
      const roomId = await bob.createRoom({ preset: 'private_chat', invite: [alice.userId] })
      assert.ok(roomId)
    })
    assert.equal(invitation, 2, 'an invitation counts as one')
  })

  test('reading sends no poke if the count does not change, and a pusher without counts gets none', async (t) => {
    const { alice, bob, gateway, rooms } = await setUp(t, 'messages')
    const quiet = foundingPusher(gateway.url, {
      pushkey: 'quiet',
      append: true,
      disable_badge_count: true,
      'org.matrix.msc4076.disable_badge_count': true,
    })
    await alice.post('/pushers/set', quiet)
    const [one] = rooms
    const eventId = await bob.say(one, 'a')
    const toldTo = (pushkey: string) => gateway.pokes.filter((poke) => poke.devices[0]?.pushkey === pushkey)
    await gateway.waitFor(() => toldTo('quiet').length === 1)
    await alice.read(one, eventId)
    await gateway.waitFor((poke) => poke.counts?.unread === 0)
    await alice.read(one, eventId)
    const last = await bob.say(one, 'b')
    await gateway.waitFor((poke) => poke.event_id === last && poke.devices[0]?.pushkey === 'quiet')
    await gateway.waitFor((poke) => poke.event_id === last && poke.devices[0]?.pushkey !== 'quiet')
    assert.deepEqual(
      toldTo('quiet').map((poke) => poke.counts),
      [undefined, undefined],
    )
    assert.deepEqual(
      toldTo('the-routing-address').map((poke) => poke.counts?.unread ?? 0),
      [1, 0, 1],
    )
  })
})
