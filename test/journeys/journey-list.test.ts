import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { afterTest } from '../support/after-test.ts'
import { call, foundingPusher, loginUser, registerUser, type TestUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { type PokeReceiver, startPokeReceiver } from '../support/poke-receiver.ts'
import { startTestServer } from '../support/server.ts'
import { deviceRule, globalRule } from './two-devices.ts'

// The list of journeys over HTTP, with real pushers and gateways.

type Device = { pusher_id: number; device_display_name: string; state: string; reason: string } & Record<
  string,
  unknown
>
type Entry = {
  event_id: string
  room_name: string
  decision: { reason: string; rule: { rule_id: string } | null }
  devices: Device[]
} & Record<string, unknown>
type Page = {
  journeys: Entry[]
  total: number
  total_is_at_least: boolean
  next_batch?: string
  last_event_id?: string
}

type Fixture = {
  url: string
  phone: TestUser
  laptop: TestUser
  bob: TestUser
  phoneGateway: PokeReceiver
  laptopGateway: PokeReceiver
  /** A room with both users. */
  openRoom: (name: string) => Promise<string>
  list: (query?: Record<string, string>, user?: TestUser) => Promise<Page>
  /** Waits for the states of the phone and the laptop for an event. */
  until: (eventId: string, states: readonly string[]) => Promise<void>
}

async function createFixture(t: TestContext): Promise<Fixture> {
  const server = await startTestServer(t)
  const phoneGateway = await startPokeReceiver(t)
  const laptopGateway = await startPokeReceiver(t)
  const bob = await registerUser(server.url, 'bob')
  const phone = await registerUser(server.url, 'alice')
  const laptop = await loginUser(server.url, 'alice')
  const pusher = (gateway: PokeReceiver, name: string) =>
    foundingPusher(gateway.url, { pushkey: name, instance_handle: name, device_display_name: name })
  await phone.post('/pushers/set', pusher(phoneGateway, 'phone'))
  await laptop.post('/pushers/set', pusher(laptopGateway, 'laptop'))
  const list = (query: Record<string, string> = {}, user = phone) => listOf(server.url, user, query)
  return {
    url: server.url,
    phone,
    laptop,
    bob,
    phoneGateway,
    laptopGateway,
    list,
    async openRoom(name) {
      const roomId = await bob.createRoom({ preset: 'public_chat', name })
      await phone.post(`/join/${encodeURIComponent(roomId)}`)
      return roomId
    },
    async until(eventId, states) {
      await eventually(async () => {
        const entry = (await list()).journeys.find((one) => one.event_id === eventId)
        return entry?.devices.map(({ state }) => state).join() === states.join()
      })
    },
  }
}

const request = (url: string, user: TestUser, query: Record<string, string>) =>
  call(`${url}/_belfry/v1/journeys?${new URLSearchParams(query).toString()}`, { token: user.token })

async function listOf(url: string, user: TestUser, query: Record<string, string>): Promise<Page> {
  const { status, body } = await request(url, user, query)
  assert.equal(status, 200, JSON.stringify(body))
  return body as unknown as Page
}

type StreamEvent = { id: string; name: string; data: Entry }

const isSent = (entry: Entry, eventId: string) =>
  entry.event_id === eventId && entry.devices.every(({ state }) => state === 'sent')

/** Opens the stream and collects its events. */
async function listen(
  t: TestContext,
  url: string,
  user: TestUser,
  { query = {}, headers = {} }: { query?: Record<string, string>; headers?: Record<string, string> } = {},
) {
  const ending = new AbortController()
  const close = () => ending.abort()
  afterTest(t, close)
  const response = await fetch(`${url}/_belfry/v1/journeys/stream?${new URLSearchParams(query).toString()}`, {
    headers: { authorization: `Bearer ${user.token}`, ...headers },
    signal: ending.signal,
  })
  assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'text/event-stream'])
  let text = ''
  const reading = async () => {
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? [])
      text += decoder.decode(chunk as Uint8Array, { stream: true })
  }
  reading().catch(() => undefined)
  const valueOf = (block: string, name: string) =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2) ?? ''
  const events = (): StreamEvent[] =>
    text
      .split('\n\n')
      .slice(0, -1)
      .filter((block) => valueOf(block, 'data') !== '')
      .map((block) => ({
        id: valueOf(block, 'id'),
        name: valueOf(block, 'event'),
        data: JSON.parse(valueOf(block, 'data')) as Entry,
      }))
  return { events, close }
}

const ids = ({ journeys }: Page) => journeys.map(({ event_id: id }) => id)

describe('the list of journeys', () => {
  test('shows the state of each event for each device, and the filters can be combined', async (t) => {
    const { phone, laptop, bob, phoneGateway, laptopGateway, openRoom, list, until } = await createFixture(t)
    const office = await openRoom('The office')
    const kitchen = await openRoom('The kitchen')
    const settled = async (eventId: string, expected: string[]) => {
      await until(eventId, expected)
      return eventId
    }
    const sent = await settled(await bob.say(office, 'hello, a secret'), ['sent', 'sent'])
    await laptop.put(deviceRule('laptop', 'room', kitchen), { actions: [] })
    const oneDevice = await settled(await bob.say(kitchen, 'lunch'), ['sent', 'silent'])
    await phone.put(globalRule('room', kitchen), { actions: [] })
    const muted = await settled(await bob.say(kitchen, 'dishes'), ['silent', 'silent'])
    laptopGateway.respondWith({ status: 503, headers: { 'retry-after': '600' } })
    const failing = await settled(await bob.say(office, 'again'), ['sent', 'failing'])
    phoneGateway.respondWith({ status: 400 })
    const dropped = await settled(await bob.say(office, 'too long'), ['dropped', 'failing'])

    const all = await list()
    assert.deepEqual(ids(all), [dropped, failing, muted, oneDevice, sent])
    assert.deepEqual([all.total, all.total_is_at_least, all.next_batch], [5, false, undefined])
    assert.deepEqual(
      all.journeys.map((entry) => [entry['sender'], entry['type'], entry.room_name]),
      ['The office', 'The office', 'The kitchen', 'The kitchen', 'The office'].map((name) => [
        bob.userId,
        'm.room.message',
        name,
      ]),
    )
    assert.deepEqual(
      all.journeys.map(({ decision }) => [decision.reason, decision.rule?.rule_id]).slice(1, 3),
      [
        ['notifies', '.m.rule.room_one_to_one'],
        ['does not notify', kitchen],
      ],
    )
    const [, onLaptop] = all.journeys[1]?.devices ?? []
    assert.deepEqual([onLaptop?.['error'], onLaptop?.['attempts']], ['status 503', 1])
    assert.ok(Number(onLaptop?.['next_attempt_at']) > Date.now() + 300_000)
    assert.equal(onLaptop?.['instance_handle'], 'laptop')
    assert.equal(all.journeys[3]?.devices[1]?.reason, 'suppressed by a device rule')

    const laptopId = String(onLaptop?.pusher_id)
    const found = async (query: Record<string, string>) => ids(await list(query))
    assert.deepEqual(await found({ state: 'failing,waiting' }), [dropped, failing])
    assert.deepEqual(await found({ state: 'dropped' }), [dropped])
    assert.deepEqual(await found({ state: 'sent' }), [failing, oneDevice, sent])
    assert.deepEqual(await found({ state: 'sent', device: laptopId }), [sent])
    assert.deepEqual(await found({ state: 'silent', device: laptopId, room: kitchen }), [muted, oneDevice])
    assert.deepEqual(await found({ state: 'silent', device: laptopId, room: office }), [])
    assert.deepEqual(await found({ state: 'failing', room: kitchen }), [])
    assert.deepEqual(await found({ device: laptopId, since: '1h' }), ids(all))
    assert.deepEqual(await found({ device: '1000000' }), [])
    const at = Number(all.journeys[2]?.['at'])
    assert.deepEqual(await found({ since: String(at), room: office }), [dropped, failing])
    assert.deepEqual(await found({ since: String(Date.now() + 60_000) }), [])

    const text = JSON.stringify(all)
    for (const secret of ['secret', 'lunch', phoneGateway.url, laptopGateway.url, 'pushkey'])
      assert.ok(!text.includes(secret), secret)
  })

  test('continues after the last event of the previous page while new events arrive', async (t) => {
    const { bob, openRoom, list } = await createFixture(t)
    const roomId = await openRoom('The office')
    const said = []
    for (let at = 0; at < 5; at++) said.push(await bob.say(roomId, `message ${at}`))
    const first = await list({ limit: '2' })
    assert.deepEqual(ids(first), [said[4], said[3]])
    assert.deepEqual([first.total, first.total_is_at_least], [5, false])
    const newer = await bob.say(roomId, 'newer')
    const second = await list({ limit: '2', from: first.next_batch ?? '' })
    assert.deepEqual(ids(second), [said[2], said[1]])
    assert.equal(second.total, 6)
    const third = await list({ limit: '2', from: second.next_batch ?? '' })
    assert.deepEqual([ids(third), third.next_batch], [[said[0]], undefined])
    assert.equal(ids(await list({ limit: '1' }))[0], newer)
  })

  test('shows invitations and events that were read first, and hides rooms that the user has left', async (t) => {
    const { phone, bob, phoneGateway, openRoom, list, until } = await createFixture(t)
    const roomId = await openRoom('The office')
    phoneGateway.respondWith({ status: 503 })
    const failing = await bob.say(roomId, 'read this')
    await until(failing, ['failing', 'sent'])
    await phone.read(roomId, failing)
    await until(failing, ['read first', 'sent'])
    assert.deepEqual(ids(await list({ state: 'read first' })), [failing])
    const invitedTo = await bob.createRoom({ name: 'The garden', invite: [phone.userId] })
    const [invitation, ...others] = (await list()).journeys
    assert.deepEqual([invitation?.['type'], invitation?.room_name], ['m.room.member', 'The garden'])
    assert.equal(invitation?.decision.rule?.rule_id, '.m.rule.invite_for_me')
    assert.deepEqual(
      others.map(({ event_id: id }) => id),
      [failing],
    )
    for (const left of [roomId, invitedTo]) await phone.post(`/rooms/${encodeURIComponent(left)}/leave`)
    const { last_event_id: _, ...empty } = await list()
    assert.deepEqual(empty, { journeys: [], total: 0, total_is_at_least: false })
  })

  test('sends each change as an event, and after a lost connection what was missed', async (t) => {
    const { url, phone, bob, phoneGateway, openRoom, list, until } = await createFixture(t)
    const roomId = await openRoom('The office')
    const earlier = await bob.say(roomId, 'earlier, a secret')
    await until(earlier, ['sent', 'sent'])
    const { last_event_id: present = '' } = await list()
    const first = await listen(t, url, phone, { query: { last_event_id: present } })
    const ringing = await bob.say(roomId, 'first')
    await eventually(() => first.events().some(({ data }) => isSent(data, ringing)))
    const { id } = first.events().findLast((one) => one.id !== '') ?? { id: '' }
    first.close()
    phoneGateway.respondWith({ status: 503, headers: { 'retry-after': '600' } })
    const missed = await bob.say(roomId, 'missed')
    await until(missed, ['failing', 'sent'])
    const resumed = await listen(t, url, phone, {
      query: { last_event_id: present },
      headers: { 'last-event-id': id },
    })
    await eventually(() => resumed.events().length > 0)
    const [event] = resumed.events()
    assert.deepEqual([event?.name, event?.data.event_id], ['journey', missed])
    assert.deepEqual(
      event?.data.devices.map(({ state }) => state),
      ['failing', 'sent'],
    )
    assert.ok(!first.events().some(({ data }) => data.event_id === earlier))
    assert.ok(!JSON.stringify([first.events(), resumed.events()]).includes('secret'))
    const path = `${url}/_belfry/v1/journeys/stream`
    const malformed = await call(`${path}?last_event_id=yesterday`, { token: phone.token })
    assert.equal(malformed.status, 400)
    const other = await call(`${path}?user_id=${encodeURIComponent(bob.userId)}`, { token: phone.token })
    assert.equal(other.status, 403)
  })

  test('sends an event to one device again, as a test', async (t) => {
    const { url, phone, bob, phoneGateway, laptopGateway, openRoom, list, until } = await createFixture(t)
    const roomId = await openRoom('The office')
    const eventId = await bob.say(roomId, 'hello')
    await until(eventId, ['sent', 'sent'])
    const [device] = (await list()).journeys[0]?.devices ?? []
    const resend = (of: string, body: unknown, user = phone) =>
      call(`${url}/_belfry/v1/journeys/${encodeURIComponent(of)}/resend`, { token: user.token, body })
    const toPhone = { pusher_id: device?.pusher_id }
    await bob.say(roomId, '* hello alice', {
      'm.new_content': { msgtype: 'm.text', body: 'hello alice' },
      'm.relates_to': { rel_type: 'm.replace', event_id: eventId },
    })
    await phone.put(globalRule('room', roomId), { actions: [] })
    const muted = await bob.say(roomId, 'muted')
    await until(muted, ['silent', 'silent'])
    const before = laptopGateway.pokes.length
    for (const [sent, state, text] of [
      [eventId, 'sent', 'hello alice'],
      [muted, 'silent', 'muted'],
    ] as const) {
      const { status, body } = await resend(sent, toPhone)
      assert.deepEqual([status, body['status']], [200, 'ok'])
      const poke = phoneGateway.pokes.at(-1)
      assert.deepEqual(
        [poke?.event_id, poke?.room_name, poke?.content?.['body'], poke?.devices[0]?.pushkey],
        [sent, 'The office', text, 'phone'],
      )
      await until(sent, [state, state])
      const journey = await call(`${url}/_belfry/v1/journey?event_id=${encodeURIComponent(sent)}`, {
        token: phone.token,
      })
      const [first] = journey.body['pushers'] as {
        state: string
        steps: { step: string; reason: string }[]
      }[]
      assert.notEqual(first?.state, 'resent')
      assert.deepEqual(
        first?.steps.filter(({ step }) => step === 'resent').map(({ reason }) => reason),
        ['taken'],
      )
    }
    assert.equal(laptopGateway.pokes.length, before)
    phoneGateway.respondWith({ status: 503 })
    const failed = await resend(eventId, toPhone)
    assert.equal(failed.body['status'], 'unreachable')
    assert.equal((failed.body['attempt'] as { gateway_status: number }).gateway_status, 503)

    const elsewhere = await bob.say(await bob.createRoom({}), 'not for alice')
    const redacted = await bob.say(roomId, 'soon gone')
    await bob.put(`/rooms/${encodeURIComponent(roomId)}/redact/${encodeURIComponent(redacted)}/r1`, {})
    for (const hidden of [elsewhere, redacted, '$none'])
      assert.equal((await resend(hidden, toPhone)).status, 404, hidden)
    assert.equal((await resend(eventId, { pusher_id: 1_000_000 })).status, 404)
    assert.equal((await resend(eventId, toPhone, bob)).status, 404, 'a pusher of another user')
    for (const body of [{}, { pusher_id: 'phone' }, { pusher_id: 0 }])
      assert.equal((await resend(eventId, body)).status, 400)
  })

  test('ends the stream of another user when the administrator loses the role', async (t) => {
    const { url, accounts } = await startTestServer(t)
    const alice = await registerUser(url, 'alice')
    const admin = await registerUser(url, 'admin')
    await accounts.changeRole('admin', true)
    const path = `${url}/_belfry/v1/journeys/stream`
    const open = (query: string) =>
      fetch(`${path}${query}`, {
        headers: { authorization: `Bearer ${admin.token}` },
        signal: AbortSignal.timeout(10_000),
      })
    const ofAlice = await open(`?user_id=${encodeURIComponent(alice.userId)}`)
    assert.equal(ofAlice.status, 200)
    const own = await listen(t, url, admin)
    await accounts.changeRole('admin', false)
    // The text is complete only when the stream has ended.
    assert.match(await ofAlice.text(), /^id: \S+\n\n$/)
    await alice.createRoom({ invite: [admin.userId] })
    await eventually(() => own.events().length > 0)
  })

  test('limits the open streams of a user', async (t) => {
    const { url, phone, bob } = await createFixture(t)
    const open = await Promise.all(Array.from({ length: 10 }, () => listen(t, url, phone)))
    const another = await call(`${url}/_belfry/v1/journeys/stream`, { token: phone.token })
    assert.deepEqual([another.status, another.body['errcode']], [429, 'M_LIMIT_EXCEEDED'])
    await listen(t, url, bob)
    open[0]?.close()
    await eventually(async () => {
      const ending = new AbortController()
      const { status } = await fetch(`${url}/_belfry/v1/journeys/stream`, {
        headers: { authorization: `Bearer ${phone.token}` },
        signal: ending.signal,
      })
      ending.abort()
      return status === 200
    })
  })

  test('returns 403 for another user, and 400 for malformed parameters', async (t) => {
    const { url, phone, bob, openRoom } = await createFixture(t)
    await bob.say(await openRoom('The office'), 'hello')
    assert.equal((await request(url, bob, { user_id: phone.userId })).status, 403)
    const malformed = [
      { state: 'lost' },
      { state: '' },
      { state: 'sent,,waiting' },
      { device: 'phone' },
      { device: '0' },
      { room: 'office' },
      { since: 'yesterday' },
      { since: '-1' },
      { since: '5w' },
      { limit: '0' },
      { limit: '101' },
      { from: 'start' },
      { user_id: 'alice' },
    ]
    for (const query of malformed) {
      const { status, body } = await request(url, phone, query)
      assert.equal(status, 400, JSON.stringify(query))
      assert.equal(body['errcode'], 'M_INVALID_PARAM')
    }
  })
})
