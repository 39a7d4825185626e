import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { call, foundingPusher, registerUser, type TestUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { startTestServer } from '../support/server.ts'

const INBOX = 'org.belfry.inbox'
const KEY = 'alices-phone'

type InboxItem = { event_id?: string; content?: { body?: string }; devices: unknown[] }

async function createSyncFixture(t: TestContext, env: Record<string, string> = {}) {
  const server = await startTestServer(t, { env })
  const notifyUrl = `${server.url}/_matrix/push/v1/notify`
  const [alice, bob] = [await registerUser(server.url, 'alice'), await registerUser(server.url, 'bob')]
  const roomId = await bob.createRoom({ preset: 'public_chat' })
  const join = (user: TestUser) => user.post(`/join/${encodeURIComponent(roomId)}`)
  const setPusher = (user: TestUser, pushkey: string, more: object = {}) =>
    user.post('/pushers/set', { ...foundingPusher(notifyUrl, { pushkey }), app_id: INBOX, ...more })
  const inbox = (pushkey: string, token?: string) =>
    call(`${server.url}/_belfry/v1/inbox/${encodeURIComponent(pushkey)}`, { ...(token && { token }) })
  const entriesOf = async (pushkey: string, token?: string) => {
    const { status, body } = await inbox(pushkey, token)
    assert.equal(status, 200, JSON.stringify(body))
    return (body['notifications'] as { notification: InboxItem }[]).map(({ notification }) => notification)
  }
  /** A request of an unknown client over HTTP. */
  const notify = (pushkeys: readonly string[], more: object = {}) =>
    call(notifyUrl, {
      body: {
        notification: { ...more, devices: pushkeys.map((pushkey) => ({ app_id: INBOX, pushkey })) },
      },
    })
  const open = async (user: TestUser) => {
    const { status, body } = await call(`${server.url}/_belfry/v1/inbox`, {
      method: 'POST',
      token: user.token,
    })
    assert.equal(status, 200, JSON.stringify(body))
    return String(body['pushkey'])
  }
  const close = (user: TestUser, pushkey: string) =>
    call(`${server.url}/_belfry/v1/inbox/${pushkey}`, { method: 'DELETE', token: user.token })
  await join(alice)
  return { server, alice, bob, roomId, join, setPusher, inbox, entriesOf, notify, open, close }
}

const bodies = (entriesOf: readonly InboxItem[]) => entriesOf.flatMap(({ content }) => content?.body ?? [])

test('only the owner can read an inbox', async (t) => {
  const fixture = await createSyncFixture(t)
  await fixture.setPusher(fixture.alice, KEY)
  await fixture.bob.say(fixture.roomId, 'hello')
  await eventually(async () => bodies(await fixture.entriesOf(KEY, fixture.alice.token)).includes('hello'))
  const stranger = await fixture.inbox(KEY)
  assert.deepEqual([stranger.status, stranger.body['errcode']], [401, 'M_MISSING_TOKEN'])
  assert.deepEqual(await fixture.entriesOf(KEY, fixture.bob.token), [], 'his inbox is a separate one')
  const stream = await call(`${fixture.server.url}/_belfry/v1/inbox/${KEY}/stream`)
  assert.equal(stream.status, 401)
})

test('an unknown client that guesses a pushkey can neither add nor remove notifications', async (t) => {
  const fixture = await createSyncFixture(t)
  await fixture.setPusher(fixture.alice, KEY)
  const eventId = await fixture.bob.say(fixture.roomId, 'hello')
  await eventually(async () => (await fixture.entriesOf(KEY, fixture.alice.token)).length > 0)
  for (let n = 0; n < 3; n++)
    assert.deepEqual(await fixture.notify([KEY], { event_id: `$forged${n}` }).then(({ body }) => body), {
      rejected: [KEY],
    })
  assert.deepEqual((await fixture.entriesOf(KEY, fixture.alice.token))[0]?.event_id, eventId)
  assert.equal(
    ((await fixture.alice.get('/pushers'))['pushers'] as unknown[]).length,
    1,
    'her pusher is kept',
  )
})

test('an entry has the text of an edit that comes later, and no text after a redaction, also for a user who has left', async (t) => {
  const { server, alice, bob, roomId, setPusher, entriesOf, inbox, notify, open } = await createSyncFixture(t)
  const room = `/rooms/${encodeURIComponent(roomId)}`
  await setPusher(alice, KEY)
  const said = async (body: string) => {
    const eventId = await bob.say(roomId, body)
    await eventually(async () => bodies(await entriesOf(KEY, alice.token)).includes(body))
    return eventId
  }
  const edit = (eventId: string, body: string) =>
    bob.say(roomId, `* ${body}`, {
      'm.new_content': { msgtype: 'm.text', body },
      'm.relates_to': { rel_type: 'm.replace', event_id: eventId },
    })
  const redact = (eventId: string) =>
    bob.put(`${room}/redact/${encodeURIComponent(eventId)}/r${eventId.slice(1)}`, {})
  const [edited, redacted, last] = [await said('wrong'), await said('secret'), await said('last')]
  await edit(edited, 'less wrong')
  const second = await edit(edited, 'right')
  await redact(redacted)
  assert.deepEqual(bodies(await entriesOf(KEY, alice.token)), ['right', 'last'])
  assert.ok(!JSON.stringify((await inbox(KEY, alice.token)).body).includes('secret'))
  // The stream of entries has the present text as well.
  const stream = await fetch(`${server.url}/_belfry/v1/inbox/${KEY}/stream?last_event_id=0`, {
    headers: { authorization: `Bearer ${alice.token}` },
  })
  let text = ''
  for await (const piece of stream.body ?? []) {
    text += Buffer.from(piece).toString()
    if (text.includes('last')) break
  }
  assert.ok(text.includes('right') && !text.includes('wrong') && !text.includes('secret'), text)
  await redact(second)
  assert.deepEqual(bodies(await entriesOf(KEY, alice.token)), ['less wrong', 'last'])

  // A user who has left does not get later edits. Redacted text is removed for this user too.
  await alice.post(`${room}/leave`)
  await edit(edited, 'among us')
  await redact(last)
  assert.deepEqual(bodies(await entriesOf(KEY, alice.token)), ['less wrong'])
  // A caller that names an event of this server does not learn its text.
  const pushkey = await open(alice)
  const forged = { event_id: edited, room_id: roomId, content: { body: 'forged' }, 'org.belfry.own': true }
  await notify([pushkey], forged)
  assert.deepEqual(bodies(await entriesOf(pushkey)), ['forged'])
})

test('two users with the same pushkey have separate inboxes, and both are notified', async (t) => {
  const fixture = await createSyncFixture(t)
  const carol = await registerUser(fixture.server.url, 'carol')
  await fixture.join(carol)
  await fixture.setPusher(fixture.alice, KEY, { append: true })
  await fixture.setPusher(carol, KEY, { append: true })
  const eventId = await fixture.bob.say(fixture.roomId, 'hello')
  for (const user of [fixture.alice, carol])
    await eventually(async () =>
      (await fixture.entriesOf(KEY, user.token)).some((notification) => notification.event_id === eventId),
    )
  assert.equal((await fixture.entriesOf(KEY, fixture.bob.token)).length, 0)
})

test('an opened inbox has a random pushkey, with which other servers push to it and any client reads it', async (t) => {
  const fixture = await createSyncFixture(t)
  const pushkey = await fixture.open(fixture.alice)
  // 24 bytes in base64url.
  assert.match(pushkey, /^inbox_[\w-]{32}$/)
  assert.notEqual(await fixture.open(fixture.alice), pushkey)
  const sent = await fixture.notify([pushkey], { event_id: '$other', content: { body: 'from elsewhere' } })
  assert.deepEqual(sent.body, { rejected: [] })
  await fixture.setPusher(fixture.alice, pushkey)
  await fixture.bob.say(fixture.roomId, 'from here')
  await eventually(async () => bodies(await fixture.entriesOf(pushkey)).length === 2)
  assert.deepEqual(bodies(await fixture.entriesOf(pushkey)), ['from elsewhere', 'from here'])

  const list = await call(`${fixture.server.url}/_belfry/v1/inbox`, { token: fixture.alice.token })
  assert.ok((list.body['inboxes'] as { pushkey: string }[]).some((one) => one.pushkey === pushkey))
  assert.equal((await fixture.close(fixture.bob, pushkey)).status, 404, 'the inbox of another user')
  assert.equal((await fixture.close(fixture.alice, pushkey)).status, 200)
  const gone = await fixture.inbox(pushkey)
  assert.deepEqual([gone.status, gone.body['errcode']], [404, 'M_NOT_FOUND'])
  assert.deepEqual((await fixture.notify([pushkey], { event_id: '$late' })).body, { rejected: [pushkey] })
})

test('opening an inbox requires a token and is limited by user', async (t) => {
  const fixture = await createSyncFixture(t)
  const url = `${fixture.server.url}/_belfry/v1/inbox`
  assert.equal((await call(url, { method: 'POST' })).status, 401)
  for (let n = 0; n < 20; n++) await fixture.open(fixture.alice)
  const refused = await call(url, { method: 'POST', token: fixture.alice.token })
  assert.deepEqual([refused.status, refused.body['errcode']], [403, 'M_RESOURCE_LIMIT_EXCEEDED'])
  await fixture.open(fixture.bob)
})

test('a push of an unknown client to an unknown pushkey is not stored', async (t) => {
  const fixture = await createSyncFixture(t)
  const pushkeys = Array.from({ length: 100 }, (_, n) => `made up ${n}`)
  const content = { body: 'x'.repeat(400_000) }
  const { status, body } = await fixture.notify(pushkeys, { event_id: '$flood', content })
  assert.deepEqual([status, body], [200, { rejected: pushkeys }])
  for (const user of [fixture.alice, fixture.bob])
    for (const pushkey of pushkeys.slice(0, 3))
      assert.deepEqual(await fixture.entriesOf(pushkey, user.token), [])
})

test('a notification over the size limit is stored without its content', async (t) => {
  const fixture = await createSyncFixture(t)
  const pushkey = await fixture.open(fixture.alice)
  await fixture.notify([pushkey], { event_id: '$long', content: { body: 'x'.repeat(80_000) } })
  await fixture.notify([pushkey], { event_id: '$longer', room_name: 'x'.repeat(80_000) })
  assert.deepEqual(await fixture.entriesOf(pushkey), [
    { event_id: '$long', devices: [{ app_id: INBOX, pushkey }] },
  ])
})

test('closing an account removes its inboxes', async (t) => {
  const fixture = await createSyncFixture(t)
  const pushkey = await fixture.open(fixture.alice)
  await fixture.alice.post('/account/deactivate', {
    auth: {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user: 'alice' },
      password: 'a perfectly fine password',
    },
  })
  assert.equal((await fixture.inbox(pushkey)).status, 404)
})
