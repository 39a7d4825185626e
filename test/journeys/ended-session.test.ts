import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { call, loginUser, PASSWORD, registerUser, type TestUser } from '../support/client.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { startTestServer } from '../support/server.ts'
import { SLEEP_MS, untilSyncsSleep } from '../support/waiting-syncs.ts'

// The clock stands still: a wait ends only when something ends it.

/** Alice with a phone and a laptop, and Bob, who writes in a room with her. */
async function createFixture(t: TestContext) {
  const clock = createManualClock(Date.now())
  const { url, data } = await startTestServer(t, { environment: { clock } })
  const phone = await registerUser(url, 'alice')
  const laptop = await loginUser(url, 'alice')
  const bob = await registerUser(url, 'bob')
  const roomId = await bob.createRoom()
  await phone.post(`/join/${encodeURIComponent(roomId)}`)
  return {
    url,
    data,
    phone,
    laptop,
    bob,
    roomId,
    isWaiting: (count: number) => untilSyncsSleep(clock, count),
  }
}

const SLIDING = '/_matrix/client/unstable/org.matrix.simplified_msc3575/sync'
const ALL_ROOMS = { lists: { all: { ranges: [[0, 9]], timeline_limit: 1, required_state: [] } } }

async function wait(
  { url, user }: { url: string; user: TestUser },
  path: 'sync' | 'events' | 'sliding sync',
) {
  if (path === 'events') return user.try('GET', `/events?timeout=${SLEEP_MS}`)
  if (path === 'sliding sync') {
    const request = { token: user.token, body: ALL_ROOMS }
    const { body } = await call(url + SLIDING, request)
    return call(`${url}${SLIDING}?pos=${String(body['pos'])}&timeout=${SLEEP_MS}`, request)
  }
  const { next_batch: since } = await user.get('/sync')
  return user.try('GET', `/sync?since=${String(since)}&timeout=${SLEEP_MS}`)
}

const auth = (user: string) => ({
  type: 'm.login.password',
  identifier: { type: 'm.id.user', user },
  password: PASSWORD,
})

const ENDINGS: Record<string, (of: { url: string; phone: TestUser; laptop: TestUser }) => Promise<unknown>> =
  {
    'it logs out': ({ phone }) => phone.post('/logout'),
    'another device logs out everywhere': ({ laptop }) => laptop.post('/logout/all'),
    'another device deletes it': ({ laptop, phone }) =>
      laptop.try('DELETE', `/devices/${phone.deviceId}`, { auth: auth('alice') }),
    'the password is changed': ({ laptop }) =>
      laptop.post('/account/password', { new_password: 'another fine password', auth: auth('alice') }),
    'the account is closed': ({ laptop }) => laptop.post('/account/deactivate', { auth: auth('alice') }),
    'its device logs in anew': ({ url, phone }) =>
      call(`${url}/_matrix/client/v3/login`, { body: { ...auth('alice'), device_id: phone.deviceId } }),
  }

for (const [how, end] of Object.entries(ENDINGS))
  test(`all long polls of a device return 401 at once when ${how}`, async (t) => {
    const fixture = await createFixture(t)
    const waits = (['sync', 'sync', 'events', 'sliding sync'] as const).map((path) =>
      wait({ ...fixture, user: fixture.phone }, path),
    )
    await fixture.isWaiting(4)
    await end(fixture)
    for (const { status, body } of await Promise.all(waits))
      assert.deepEqual([status, body['errcode']], [401, 'M_UNKNOWN_TOKEN'])
  })

test('the end of one session does not end the long polls of other sessions', async (t) => {
  const { url, phone, laptop, bob, roomId, isWaiting } = await createFixture(t)
  const ended = wait({ url, user: phone }, 'sync')
  const goesOn = wait({ url, user: laptop }, 'sync')
  await isWaiting(2)
  await phone.post('/logout')
  assert.equal((await ended).status, 401)
  await isWaiting(1)
  await bob.say(roomId, 'for the laptop')
  const { status, body } = await goesOn
  assert.equal(status, 200)
  assert.match(JSON.stringify(body), /for the laptop/)
})

for (const path of ['sync', 'events', 'sliding sync'] as const)
  test(`a session that another process has ended gets no later events from /${path}`, async (t) => {
    const { url, data, phone, bob, roomId, isWaiting } = await createFixture(t)
    const waiting = wait({ url, user: phone }, path)
    await isWaiting(1)
    const database = new DatabaseSync(join(data, 'belfry.db'))
    database.prepare('delete from access_tokens where device_id = ?').run(phone.deviceId)
    database.close()
    await bob.say(roomId, 'not for the phone')
    const { status, body } = await waiting
    assert.deepEqual([status, body['errcode']], [401, 'M_UNKNOWN_TOKEN'])
    assert.doesNotMatch(JSON.stringify(body), /not for the phone/)
  })
