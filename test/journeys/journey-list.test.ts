import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
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
type Page = { journeys: Entry[]; total: number; total_is_at_least: boolean; next_batch?: string }

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
    assert.deepEqual(await list(), { journeys: [], total: 0, total_is_at_least: false })
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
