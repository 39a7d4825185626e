import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { call, foundingPusher, registerUser, type TestUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { startTestServer } from '../support/server.ts'
import { globalRule } from './two-devices.ts'

// `explain`, the journey, `/notifications`, delivery and the test push use one table of reasons
// (`trace/notify-reason.ts`).

type Explained = {
  notify: boolean
  reason: string | null
  pushers: { poke: boolean; reason: string | null }[]
}
type Journey = {
  notifies: boolean
  steps: { step: string; reason: string }[]
  pushers: { state: string; reason: string }[]
}
type Listed = { notifications: { event: { event_id: string } }[] }

async function setUp(t: TestContext) {
  const { url } = await startTestServer(t)
  const gateway = await startPokeReceiver(t)
  const [alice, bob, carol] = [
    await registerUser(url, 'alice'),
    await registerUser(url, 'bob'),
    await registerUser(url, 'carol'),
  ]
  const pusher = foundingPusher(gateway.url, { pushkey: 'alices-phone' })
  await alice.post('/pushers/set', pusher)
  const roomId = await bob.createRoom({ preset: 'public_chat' })
  for (const member of [alice, carol]) await member.post(`/join/${encodeURIComponent(roomId)}`)
  const room = `/rooms/${encodeURIComponent(roomId)}`
  const own = async <T>(path: string, query: Record<string, string>): Promise<T> => {
    const search = new URLSearchParams(query).toString()
    const { status, body } = await call(`${url}/_belfry/v1/${path}?${search}`, { token: alice.token })
    assert.equal(status, 200, JSON.stringify(body))
    return body as T
  }
  /** The response of each reader to Alice about an event. */
  const responses = async (eventId: string) => {
    const explained = await own<Explained>('explain', { room_id: roomId, event_id: eventId })
    const journey = await own<Journey>('journey', { event_id: eventId })
    const listed = (await alice.get('/notifications?limit=50')) as Listed
    return {
      explain: explained.reason,
      decided: journey.steps.find(({ step }) => step === 'decided')?.reason,
      notifies: [
        explained.notify,
        journey.notifies,
        listed.notifications.some(({ event }) => event.event_id === eventId),
      ],
      poke: explained.pushers[0],
      pusher: journey.pushers[0],
    }
  }
  return { url, gateway, alice, bob, carol, pusher, roomId, room, responses }
}

const setIgnored = (alice: TestUser, ignored: Record<string, object>) =>
  alice.put(`/user/${encodeURIComponent(alice.userId)}/account_data/m.ignored_user_list`, {
    ignored_users: ignored,
  })

describe('the reason for or against a notification', () => {
  test('explain, the journey, /notifications and delivery return the same reason for an event', async (t) => {
    const { gateway, alice, bob, carol, roomId, room, responses } = await setUp(t)
    const quiet = [false, false, false]

    const loud = await bob.say(roomId, 'hello')
    await eventually(async () => (await responses(loud)).pusher?.state === 'sent')
    const reported = await responses(loud)
    assert.deepEqual([reported.explain, reported.decided, reported.poke?.poke], [null, 'notifies', true])
    assert.deepEqual(reported.notifies, [true, true, true])

    const own = await responses(await alice.say(roomId, 'mine'))
    assert.deepEqual([own.explain, own.decided, own.poke?.reason], ['own event', 'own event', 'own event'])
    assert.deepEqual(own.notifies, quiet)

    await setIgnored(alice, { [carol.userId]: {} })
    const ofIgnored = await carol.say(roomId, 'ignored')
    await setIgnored(alice, {})
    const ignored = await responses(ofIgnored)
    assert.deepEqual([ignored.explain, ignored.decided], ['sender is ignored', 'sender is ignored'])
    assert.deepEqual([ignored.poke?.reason, ignored.notifies], ['sender is ignored', quiet])

    await alice.put(globalRule('room', roomId), { actions: [] })
    const muted = await responses(await bob.say(roomId, 'muted'))
    assert.deepEqual([muted.explain, muted.decided], [null, 'does not notify'])
    assert.deepEqual([muted.poke?.reason, muted.pusher?.reason], ['does not notify', 'does not notify'])
    assert.deepEqual(muted.notifies, quiet)

    const { event_id: kick } = await kicked(bob, alice, room)
    const gone = await responses(kick)
    assert.deepEqual([gone.explain, gone.decided], ['not a member', 'not a member'])
    assert.deepEqual([gone.poke?.reason, gone.notifies], ['not a member', quiet])
    assert.deepEqual(
      gateway.pokes.flatMap((poke) => poke.event_id ?? []),
      [loud],
    )
  })

  test('explain, the journey and the test push return the same reason for a disabled pusher', async (t) => {
    const { url, alice, bob, roomId, pusher, responses } = await setUp(t)
    await alice.post('/pushers/set', { ...pusher, enabled: false, 'org.matrix.msc3881.enabled': false })
    const { poke, pusher: journey, notifies } = await responses(await bob.say(roomId, 'hello'))
    assert.deepEqual([poke?.reason, journey?.reason], ['disabled', 'pusher disabled'])
    assert.deepEqual(notifies, [true, true, true])
    const { app_id, pushkey } = pusher
    const tested = await call(`${url}/_matrix/client/unstable/org.matrix.msc4173/pushers/push`, {
      token: alice.token,
      body: { app_id, pushkey },
    })
    assert.equal(tested.body['status'], 'disabled')
  })
})

async function kicked(bob: TestUser, alice: TestUser, room: string): Promise<{ event_id: string }> {
  await bob.post(`${room}/kick`, { user_id: alice.userId })
  const { chunk } = (await bob.get(`${room}/messages?dir=b&limit=1`)) as { chunk: { event_id: string }[] }
  const [newest] = chunk
  assert.ok(newest)
  return newest
}
