import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registerUser, type TestUser } from '../support/client.ts'
import { startTestServer } from '../support/server.ts'

type Item = Record<string, unknown> & { event: Record<string, unknown> }
type Page = { notifications: Item[]; next_token?: string }

const list = async (who: TestUser, query = '') => (await who.get(`/notifications${query}`)) as unknown as Page
const inRoom = (roomId: string, rest: string) => `/rooms/${encodeURIComponent(roomId)}${rest}`

test('GET /notifications returns pages, newest first, with the rule and the read state of each entry', async (t) => {
  const { url } = await startTestServer(t)
  const [ann, bob] = [await registerUser(url, 'ann'), await registerUser(url, 'bob')]
  assert.deepEqual(await list(bob), { notifications: [] })

  const roomId = await ann.createRoom({ preset: 'private_chat' })
  await ann.say(roomId, 'before bob was there')
  await ann.post(inRoom(roomId, '/invite'), { user_id: bob.userId })
  const [invitation] = (await list(bob)).notifications
  assert.ok(invitation)
  assert.equal(invitation.event['state_key'], bob.userId)
  assert.equal(invitation['read'], false)

  await bob.post(inRoom(roomId, '/join'))
  const first = await ann.say(roomId, 'hello', { 'm.mentions': {} })
  const second = await ann.say(roomId, 'look', { 'm.mentions': { user_ids: [bob.userId] } })
  const third = await ann.say(roomId, 'bye', { 'm.mentions': {} })
  await bob.read(roomId, first)

  const page = await list(bob, '?limit=2')
  assert.deepEqual(
    page.notifications.map((item) => [item.event['event_id'], item['read']]),
    [
      [third, false],
      [second, false],
    ],
  )
  const [newest] = page.notifications
  assert.deepEqual(newest?.event['content'], { msgtype: 'm.text', body: 'bye', 'm.mentions': {} })
  assert.ok(newest && !('room_id' in newest.event))
  assert.equal(newest['room_id'], roomId)
  assert.equal(newest['ts'], newest.event['origin_server_ts'])
  assert.equal(newest['profile_tag'], null)
  assert.deepEqual(newest['actions'], ['notify', { set_tweak: 'sound', value: 'default' }])
  assert.deepEqual([newest['rule_kind'], newest['rule_id']], ['underride', '.m.rule.room_one_to_one'])
  assert.deepEqual(
    page.notifications.map((item) => [
      item['org.matrix.msc3994.rule_kind'],
      item['org.matrix.msc3994.rule_id'],
    ]),
    [
      ['underride', '.m.rule.room_one_to_one'],
      ['override', '.m.rule.is_user_mention'],
    ],
  )

  const rest = await list(bob, `?limit=2&from=${page.next_token}`)
  assert.deepEqual(
    rest.notifications.map((item) => [item.event['event_id'], item['read']]),
    [[first, true]],
  )
  assert.ok(!('next_token' in rest))
  const highlights = await list(bob, '?only=highlight')
  assert.deepEqual(
    highlights.notifications.map((item) => item.event['event_id']),
    [second],
  )
  assert.deepEqual(await list(ann), { notifications: [] }, 'users are not notified of their own messages')
})

test('GET /notifications returns 400 for malformed parameters and 401 without a token', async (t) => {
  const { url } = await startTestServer(t)
  const bob = await registerUser(url, 'bob')
  for (const query of ['limit=0', 'limit=-1', 'limit=x', 'limit=1.5', 'from=nonsense', 'from=', 'only=all']) {
    const response = await bob.try('GET', `/notifications?${query}`)
    assert.deepEqual([response.status, response.body['errcode']], [400, 'M_INVALID_PARAM'], query)
  }
  assert.equal((await bob.try('GET', '/notifications?limit=100000')).status, 200)
  const anonymous = await fetch(`${url}/_matrix/client/v3/notifications`)
  assert.equal(anonymous.status, 401)
})
