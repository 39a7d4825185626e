import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { afterTest } from '../support/after-test.ts'
import { call, foundingPusher, loginUser, PASSWORD, registerUser, type TestUser } from '../support/client.ts'
import { theBus } from '../support/cluster-buses.ts'
import { startBelfryCluster } from '../support/cluster.ts'
import { clusterUrl, newPostgresUrl } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { syncUntil, untilSyncsWait, WAIT_MS } from '../support/waiting-syncs.ts'
import { textsOf, unstable } from './sliding-client.ts'

// What one process has in memory is right while another process changes it.

/** No client uses it: the processes know by it which pokes are for their own gateway. */
const PUBLIC_URL = 'https://matrix.example.org'

const auth = (name: string) => ({
  type: 'm.login.password',
  identifier: { type: 'm.id.user', user: name },
  password: PASSWORD,
})

/** The requests of a session at a given process. */
const at = (
  base: string,
  { token }: TestUser,
  path: string,
  more: { method?: string; body?: unknown } = {},
) => call(`${base}${path.startsWith('/_') ? '' : '/_matrix/client/v3'}${path}`, { token, ...more })

/** Opens server-sent events, and collects their text until the end of the test. */
async function openStream(t: TestContext, url: string, { token }: TestUser) {
  const ending = new AbortController()
  afterTest(t, () => ending.abort())
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${token}` },
    signal: ending.signal,
  })
  assert.equal(response.status, 200)
  const stream = { text: '', isOver: false }
  const read = async () => {
    const decoder = new TextDecoder()
    for await (const bytes of response.body ?? []) stream.text += decoder.decode(bytes, { stream: true })
    stream.isOver = true
  }
  read().catch(() => undefined)
  return stream
}

test('state that processes have in memory', { skip: theBus.skip }, async (t) => {
  const { processes } = await startBelfryCluster(t, {
    database: await newPostgresUrl(clusterUrl() as string),
    settings: {
      ...(await theBus.settings(t)),
      BELFRY_PRESENCE_ENABLED: 'true',
      BELFRY_PUBLIC_URL: PUBLIC_URL,
    },
  })
  const [one = '', other = ''] = processes.map(({ url }) => url)
  const alice = await registerUser(one, 'alice')
  const bob = await registerUser(other, 'bob')
  const roomId = await alice.createRoom({ preset: 'public_chat' })
  await bob.post(`/join/${encodeURIComponent(roomId)}`)
  const room = encodeURIComponent(roomId)

  await t.test('a token that one process ends is refused by the other at once', async () => {
    const endings: [string, (session: TestUser) => Promise<unknown>][] = [
      ['logout', (session) => at(one, session, '/logout', { method: 'POST' })],
      [
        'removed device',
        ({ deviceId }) =>
          at(one, carol, `/devices/${deviceId}`, { method: 'DELETE', body: { auth: auth('carol') } }),
      ],
      [
        'changed password',
        () => at(one, carol, '/account/password', { body: { new_password: PASSWORD, auth: auth('carol') } }),
      ],
      ['closed account', () => at(one, carol, '/account/deactivate', { body: { auth: auth('carol') } })],
    ]
    const carol = await registerUser(one, 'carol')
    for (const [how, end] of endings) {
      const session = await loginUser(other, 'carol')
      assert.equal((await at(other, session, '/account/whoami')).status, 200)
      await end(session)
      assert.equal((await at(other, session, '/account/whoami')).status, 401, how)
    }
  })

  await t.test(
    'a push rule that one process changes decides about the next message at the other',
    async () => {
      const unread = async () => {
        const { body } = await at(one, bob, '/sync?timeout=0')
        const { join } = body['rooms'] as {
          join: Record<string, { unread_notifications: { notification_count: number } }>
        }
        return join[roomId]?.unread_notifications.notification_count
      }
      const rule = `/pushrules/global/room/${room}`
      // Both processes have the rules in their caches before each change.
      const changes = [
        { base: one, notifies: false },
        { base: other, notifies: true },
        { base: one, notifies: false },
      ]
      for (const [round, { base, notifies }] of changes.entries()) {
        await bob.read(roomId, await alice.say(roomId, 'both know the rules'))
        await at(other, alice, `/rooms/${room}/send/m.room.message/before-${round}`, {
          method: 'PUT',
          body: { msgtype: 'm.text', body: 'both know them' },
        })
        await bob.read(roomId, await alice.say(roomId, 'read'))
        assert.equal(await unread(), 0)
        const body = { actions: notifies ? ['notify'] : [] }
        assert.equal((await at(base, bob, rule, { method: 'PUT', body })).status, 200)
        const sender = base === one ? other : one
        const event = { msgtype: 'm.text', body: 'after the change' }
        const path = `/rooms/${room}/send/m.room.message/after-${round}`
        assert.equal((await at(sender, alice, path, { method: 'PUT', body: event })).status, 200)
        assert.equal(await unread(), notifies ? 1 : 0)
      }
      await bob.delete(rule)
    },
  )

  await t.test('sliding sync continues at the other process with the same pos', async () => {
    const request = {
      lists: { all: { ranges: [[0, 9]], timeline_limit: 1, required_state: [] } },
    }
    const first = await unstable(one, bob, request)
    assert.ok(first.rooms[roomId])
    await alice.say(roomId, 'while bob goes on')
    const second = await unstable(other, bob, request, { pos: first.pos })
    assert.deepEqual(textsOf(second.rooms[roomId]), ['while bob goes on'])
    const waiting = unstable(one, bob, request, { pos: second.pos, timeout: WAIT_MS })
    await untilSyncsWait(one, 1)
    await at(other, alice, `/rooms/${room}/send/m.room.message/sliding`, {
      method: 'PUT',
      body: { msgtype: 'm.text', body: 'sent at the other' },
    })
    assert.deepEqual(textsOf((await waiting).rooms[roomId]), ['sent at the other'])
  })

  await t.test('presence set at one is seen at the other, and ends a waiting sync', async () => {
    const { body } = await at(other, bob, '/sync')
    const waiting = syncUntil(bob, String(body['next_batch']), /at one process/)
    await untilSyncsWait(other, 1)
    const status = { presence: 'online', status_msg: 'at one process' }
    const path = `/presence/${encodeURIComponent(alice.userId)}/status`
    assert.equal((await at(one, alice, path, { method: 'PUT', body: status })).status, 200)
    await eventually(async () => {
      const { body: seen } = await at(other, bob, path)
      return seen['status_msg'] === 'at one process'
    })
    await waiting
  })

  await t.test(
    'a file that one process stores is served by the other, also while its download waits',
    async () => {
      const upload = (base: string, path: string, text: string) =>
        fetch(`${base}/_matrix/media/v3${path}`, {
          method: path.includes('/upload/') ? 'PUT' : 'POST',
          headers: { authorization: `Bearer ${alice.token}`, 'content-type': 'text/plain' },
          body: text,
        })
      const download = async (base: string, uri: string) => {
        const path = `/_matrix/client/v1/media/download/${uri.slice('mxc://'.length)}?timeout_ms=${WAIT_MS}`
        const response = await fetch(base + path, { headers: { authorization: `Bearer ${bob.token}` } })
        return [response.status, await response.text()]
      }
      const { content_uri: uri } = (await (await upload(one, '/upload', 'stored at one')).json()) as {
        content_uri: string
      }
      assert.deepEqual(await download(other, uri), [200, 'stored at one'])
      const created = await call(`${one}/_matrix/media/v1/create`, { method: 'POST', token: alice.token })
      const later = String(created.body['content_uri'])
      const waiting = download(other, later)
      assert.equal((await upload(one, `/upload/${later.slice('mxc://'.length)}`, 'stored later')).status, 200)
      assert.deepEqual(await waiting, [200, 'stored later'])
    },
  )

  await t.test(
    'the streams of the inbox and of journeys at one show a message at the other, and end with the session that the other ends',
    async () => {
      const phone = await loginUser(one, 'bob')
      const pusher = foundingPusher(`${PUBLIC_URL}/_matrix/push/v1/notify`, { pushkey: 'inbox-of-bob' })
      const set = await at(one, phone, '/pushers/set', { body: { ...pusher, app_id: 'org.belfry.inbox' } })
      assert.equal(set.status, 200, JSON.stringify(set.body))
      const streams = await Promise.all([
        openStream(t, `${one}/_belfry/v1/inbox/inbox-of-bob/stream`, phone),
        openStream(t, `${other}/_belfry/v1/inbox/inbox-of-bob/stream`, phone),
        openStream(t, `${one}/_belfry/v1/journeys/stream`, phone),
        openStream(t, `${other}/_belfry/v1/journeys/stream`, phone),
      ])
      const laptop = await loginUser(other, 'bob')
      const ofLaptop = await Promise.all([
        openStream(t, `${other}/_belfry/v1/inbox/inbox-of-bob/stream`, laptop),
        openStream(t, `${other}/_belfry/v1/journeys/stream`, laptop),
      ])
      const eventId = await alice.say(roomId, 'into the streams')
      await eventually(() => [...streams, ...ofLaptop].every(({ text }) => text.includes(eventId)))
      // The other process hears of the end with its next event at the latest.
      assert.equal((await at(one, laptop, '/logout', { method: 'POST' })).status, 200)
      const later = await alice.say(roomId, 'after the session')
      await eventually(() => streams.every(({ text }) => text.includes(later)))
      await eventually(() => ofLaptop.every(({ isOver }) => isOver))
      for (const { text } of ofLaptop) assert.ok(!text.includes(later))
      assert.equal((await at(one, phone, '/logout', { method: 'POST' })).status, 200)
    },
  )

  await t.test(
    'a poke is held while the user reads at the other process, whichever process would send it',
    async () => {
      const receiver = await startPokeReceiver(t)
      const phone = await loginUser(one, 'bob')
      const hold = { 'org.belfry.hold_while_active_ms': 600_000 }
      await at(one, phone, '/pushers/set', { body: foundingPusher(receiver.url, hold) })
      const statusOf = async () => {
        const { body } = await at(one, phone, '/pushers')
        const [pusher] = body['pushers'] as Record<string, { queued: number; held_until: number | null }>[]
        return pusher?.['org.belfry.status']
      }
      const ways = [
        { reads: one, writes: other },
        { reads: other, writes: one },
      ]
      for (const [round, { reads, writes }] of ways.entries()) {
        const laptop = await loginUser(reads, 'bob')
        const { next_batch: since } = await laptop.get('/sync')
        const reading = syncUntil(laptop, String(since), new RegExp(`"held ${round}"`))
        await untilSyncsWait(reads, 1)
        // News of a process arrive in order: after this the other one knows that the laptop reads.
        const isTyping = round === 0
        const body = { typing: isTyping, timeout: WAIT_MS }
        const typing = `/rooms/${room}/typing/${encodeURIComponent(bob.userId)}`
        assert.equal((await at(reads, laptop, typing, { method: 'PUT', body })).status, 200)
        await eventually(async () => {
          const seen = JSON.stringify((await at(writes, alice, '/sync?timeout=0')).body['rooms'])
          return seen.includes(JSON.stringify({ user_ids: [bob.userId] })) === isTyping
        })
        const path = `/rooms/${room}/send/m.room.message/held-${round}`
        const { body: sent } = await at(writes, alice, path, {
          method: 'PUT',
          body: { msgtype: 'm.text', body: `held ${round}` },
        })
        await reading
        await eventually(async () => (await statusOf())?.held_until ?? undefined)
        await laptop.read(roomId, String(sent['event_id']))
        await eventually(async () => (await statusOf())?.queued === 0)
        assert.deepEqual(
          receiver.pokes.flatMap((poke) => poke.event_id ?? []),
          [],
        )
        await laptop.post('/logout')
      }
    },
  )
})
