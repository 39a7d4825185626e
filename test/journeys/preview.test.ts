import assert from 'node:assert/strict'
import { test } from 'node:test'
import { call } from '../support/client.ts'
import { createTwoDevices, deviceRule, globalRule, LAPTOP, PHONE, type TwoDevices } from './two-devices.ts'

type Result = {
  notifies: boolean
  highlight: boolean
  sound: string | null
  decided_by: { rule_id: string } | null
}
type Changes = {
  rings: number
  silent: number
  differs: number
  changes: { event_id: string; room_name: string | null; change: string; before: Result; after: Result }[]
}
type Preview = {
  events: number
  since: number | null
  is_cut: boolean
  account: Changes
  pushers: (Changes & { instance_handle: string })[]
}

async function preview({ server, phone }: TwoDevices, body: Record<string, unknown>): Promise<Preview> {
  const response = await call(`${server.url}/_belfry/v1/explain`, { token: phone.token, body })
  assert.equal(response.status, 200, JSON.stringify(response.body))
  return response.body as unknown as Preview
}

const notifyWith = (sound: string) => ['notify', { set_tweak: 'sound', value: sound }]

test('a preview over past messages equals what happens when the rules are stored and the messages are sent again', async (t) => {
  const fixture = await createTwoDevices(t)
  const { phone, roomId, openRoom, say, bob } = fixture
  const quiet = await openRoom()
  const own = await phone.say(roomId, 'urgent: from myself')
  const texts = ['lunch?', 'urgent: fire', 'the report', 'report: urgent']
  const messages = [
    ...texts.map((text) => ({ room: roomId, text, more: {} })),
    { room: quiet, text: 'good morning', more: {} },
    { room: quiet, text: 'hello Alice', more: { 'm.mentions': { user_ids: [phone.userId] } } },
  ]
  const sendAll = async () => {
    const sent = []
    for (const { room, text, more } of messages) sent.push(await say(room, text, more))
    return sent
  }
  const first = await sendAll()
  await phone.put(globalRule('room', quiet), { actions: ['notify'] })
  const rules = {
    global: {
      room: [{ rule_id: quiet, actions: [] }],
      content: [{ rule_id: 'fire', pattern: 'fire', actions: notifyWith('siren') }],
    },
    device: { phone: { content: [{ rule_id: 'work', pattern: 'report', actions: [] }] } },
  }
  const over = await preview(fixture, { rules, over: { last: 6 } })

  await phone.put(globalRule('room', quiet), { actions: [] })
  await phone.put(globalRule('content', 'fire'), { pattern: 'fire', actions: notifyWith('siren') })
  await phone.put(deviceRule('phone', 'content', 'work'), { pattern: 'report', actions: [] })
  const again = await sendAll()

  assert.deepEqual([over.events, over.is_cut], [6, false])
  assert.equal(typeof over.since, 'number')
  for (const [handle, pushkey, of] of [
    ['phone', PHONE, 'phone'],
    ['laptop', LAPTOP, 'laptop'],
  ] as const) {
    const found = over.pushers.find((pusher) => pusher.instance_handle === handle)
    assert.ok(found, pushkey)
    const predicted = first.map(({ eventId, [of]: poke }) => {
      const change = found.changes.find((one) => one.event_id === eventId)
      return change === undefined ? wasPoked(poke) : [change.after.notifies, change.after.sound]
    })
    assert.deepEqual(
      predicted,
      again.map((sent) => wasPoked(sent[of])),
      handle,
    )
  }
  const [onPhone, onLaptop] = ['phone', 'laptop'].map((handle) =>
    over.pushers.find((pusher) => pusher.instance_handle === handle),
  )
  assert.deepEqual([onPhone?.silent, onPhone?.rings, onPhone?.differs], [3, 0, 1])
  assert.deepEqual([onLaptop?.silent, onLaptop?.rings, onLaptop?.differs], [1, 0, 1])
  assert.deepEqual([over.account.silent, over.account.differs], [1, 1])
  const work = onPhone?.changes.find((one) => one.after.decided_by?.rule_id === 'work')
  assert.deepEqual([work?.change, work?.room_name], ['silent', 'The office'])
  assert.ok(!onPhone?.changes.some((one) => one.event_id === own), 'own messages are not among the events')
  assert.equal((await bob.get('/pushrules/'))['device'] ?? undefined, undefined)

  const wider = await preview(fixture, { over: { last: 100 }, only_these_rules: true })
  const back = wider.pushers.find((pusher) => pusher.instance_handle === 'phone')
  assert.ok(back !== undefined && back.rings >= 3, 'without the stored rules the silenced messages ring')
})

type Poke = { devices: readonly { tweaks?: { sound?: unknown } | undefined }[] } | undefined

const wasPoked = (poke: Poke) => [poke !== undefined, poke?.devices[0]?.tweaks?.sound ?? null]

test('a preview without other events, or with wrong parameters, says so', async (t) => {
  const fixture = await createTwoDevices(t)
  const { server, phone } = fixture
  const ask = (body: Record<string, unknown>) =>
    call(`${server.url}/_belfry/v1/explain`, { token: phone.token, body })
  const none = await preview(fixture, {
    rules: { global: { override: [{ rule_id: 'all', conditions: [], actions: [] }] } },
    over: { last: 1 },
  })
  assert.ok(none.events <= 1)
  const event = { type: 'm.room.message', content: {} }
  for (const [body, errcode, text] of [
    [{}, 'M_MISSING_PARAM', /event/],
    [{ event, over: { last: 5 } }, 'M_INVALID_PARAM', /together/],
    [{ over: { last: 0 } }, 'M_INVALID_PARAM', /last/],
    [{ over: { last: 101 } }, 'M_INVALID_PARAM', /last/],
    [{ over: 100 }, 'M_BAD_JSON', /over/],
    [{ over: { last: 5 }, rules: { global: { override: [{ rule_id: 'x' }] } } }, '', /override.0/],
  ] as const) {
    const { status, body: answer } = await ask(body)
    assert.equal(status, 400, JSON.stringify(body))
    if (errcode !== '') assert.equal(answer['errcode'], errcode)
    assert.match(String(answer['error']), text)
  }
  const other = await ask({ user_id: '@bob:localhost', over: { last: 5 } })
  assert.equal(other.status, 403)
})
