import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registerUser, type TestUser } from '../support/client.ts'
import { startTestServer } from '../support/server.ts'
import { onEachServerDatabase } from '../support/server-databases.ts'

const encoded = encodeURIComponent

type Result = {
  rank: number
  result: { event_id: string; content: Record<string, unknown> }
  context?: Record<string, unknown> & {
    events_before: { event_id: string }[]
    events_after: { event_id: string }[]
  }
}
type Found = {
  count: number
  highlights: string[]
  results: Result[]
  next_batch?: string
  groups?: Record<string, Record<string, { results: string[]; order: number; next_batch?: string }>>
  state?: Record<string, { type: string }[]>
}

const search = async (
  user: TestUser,
  search_term: string,
  more: Record<string, unknown> = {},
  batch?: string,
): Promise<Found> => {
  const path = batch === undefined ? '/search' : `/search?next_batch=${encoded(batch)}`
  const body = await user.post(path, { search_categories: { room_events: { search_term, ...more } } })
  return (body['search_categories'] as { room_events: Found }).room_events
}
const idsOf = async (user: TestUser, term: string, more: Record<string, unknown> = {}) =>
  (await search(user, term, { order_by: 'recent', ...more })).results.map(({ result }) => result.event_id)
const redact = (user: TestUser, roomId: string, eventId: string) =>
  user.put(`/rooms/${encoded(roomId)}/redact/${encoded(eventId)}/r${eventId.slice(1)}`, {})
const edit = (user: TestUser, roomId: string, eventId: string, text: string) =>
  user.say(roomId, `* ${text}`, {
    'm.new_content': { msgtype: 'm.text', body: text },
    'm.relates_to': { rel_type: 'm.replace', event_id: eventId },
  })

onEachServerDatabase('POST /search', (flags) => {
  const begin = async (t: Parameters<typeof startTestServer>[0]) => {
    const { url } = await startTestServer(t, { flags: await flags(t) })
    return { url, alice: await registerUser(url, 'alice'), bob: await registerUser(url, 'bob') }
  }

  test('finds messages, names and topics by the beginning of all words, in any case', async (t) => {
    const { alice } = await begin(t)
    const roomId = await alice.createRoom({ name: 'Holiday plans', topic: 'Where to go by train' })
    const first = await alice.say(roomId, 'The Café in Zürich opens at eight')
    const second = await alice.say(roomId, 'Cafeteria closed; 東京駅 is open')
    assert.deepEqual(await idsOf(alice, 'cafe'), [second, first])
    assert.deepEqual(await idsOf(alice, 'ZURICH cafe'), [first])
    assert.deepEqual(await idsOf(alice, '京駅'), [second])
    for (const term of ['fe', 'cafe holiday', '', '"', `' OR 1 --`, 'ndustry*', '!:&|()', 'roo', 'room'])
      assert.deepEqual(await idsOf(alice, term), [], term)

    const found = (await search(alice, 'holiday')).results[0]?.result
    assert.deepEqual(found?.content, { name: 'Holiday plans' })
    assert.equal((await search(alice, 'train', { keys: ['content.topic'] })).results.length, 1)
    assert.equal((await search(alice, 'train', { keys: ['content.body', 'content.name'] })).results.length, 0)
  })

  test('has the best match first by rank, groups, context with profiles, and the state', async (t) => {
    const { alice, bob } = await begin(t)
    const roomId = await alice.createRoom()
    await bob.post(`/join/${encoded(roomId)}`)
    const short = await alice.say(roomId, 'Lunch time')
    const long = await bob.say(roomId, 'Is it time for lunch already, or is it still too early for that')
    const after = await bob.say(roomId, 'Never mind')
    const found = await search(alice, 'lunch time', {
      event_context: { before_limit: 1, after_limit: 1, include_profile: true },
      groupings: { group_by: [{ key: 'room_id' }, { key: 'sender' }] },
      include_state: true,
    })
    assert.deepEqual([found.count, found.highlights], [2, ['lunch', 'time']])
    assert.deepEqual(
      found.results.map(({ result }) => result.event_id),
      [short, long],
    )
    assert.ok((found.results[0]?.rank ?? 0) > (found.results[1]?.rank ?? 1))
    assert.deepEqual(found.groups?.['room_id']?.[roomId]?.results, [short, long])
    assert.deepEqual(found.groups?.['sender']?.[bob.userId]?.results, [long])
    const { context } = found.results[1] as Required<Result>
    assert.deepEqual(
      [context.events_before, context.events_after].map((events) => events.map((event) => event.event_id)),
      [[short], [after]],
    )
    assert.deepEqual(Object.keys(context['profile_info'] as object).toSorted(), [alice.userId, bob.userId])
    assert.ok(found.state?.[roomId]?.some(({ type }) => type === 'm.room.power_levels'))
    const earlier = `/rooms/${encoded(roomId)}/messages?dir=b&from=${String(context['start'])}`
    assert.ok((await alice.get(earlier))['chunk'])
  })

  test('continues with next_batch in both orders, and filters by room and sender', async (t) => {
    const { alice, bob } = await begin(t)
    const roomId = await alice.createRoom()
    const other = await alice.createRoom()
    await bob.post(`/join/${encoded(roomId)}`)
    const ids: string[] = []
    for (let at = 0; at < 7; at++)
      ids.push(await (at % 2 ? bob : alice).say(roomId, `apple ${'pie '.repeat(at)}`))
    const elsewhere = await alice.say(other, 'apple')
    for (const order_by of ['recent', 'rank']) {
      const seen: string[] = []
      let batch: string | undefined
      do {
        const page = await search(alice, 'apple', { order_by, filter: { limit: 3 } }, batch)
        seen.push(...page.results.map(({ result }) => result.event_id))
        batch = page.next_batch
        assert.ok(seen.length <= 8)
      } while (batch !== undefined)
      assert.deepEqual(seen.toSorted(), [...ids, elsewhere].toSorted(), order_by)
    }
    for (const order_by of ['recent', 'rank']) {
      const grouped = {
        order_by,
        filter: { limit: 4 },
        groupings: { group_by: [{ key: 'room_id' }, { key: 'sender' }] },
      }
      const first = await search(alice, 'apple', grouped)
      for (const [key, value, all] of [
        ['room_id', roomId, ids],
        ['sender', bob.userId, ids.filter((_, at) => at % 2 === 1)],
      ] as const) {
        const seen = [...(first.groups?.[key]?.[value]?.results ?? [])]
        for (let batch = first.groups?.[key]?.[value]?.next_batch; batch !== undefined;) {
          const page = await search(alice, 'apple', grouped, batch)
          assert.deepEqual(Object.keys(page.groups?.[key] ?? {}), [value], `${order_by} ${key}`)
          seen.push(...page.results.map(({ result }) => result.event_id))
          assert.equal(page.groups?.[key]?.[value]?.next_batch === undefined, page.next_batch === undefined)
          batch = page.next_batch
        }
        assert.deepEqual(seen.toSorted(), [...all].toSorted(), `${order_by} ${key}`)
      }
      assert.equal(first.groups?.['room_id']?.[other]?.next_batch, undefined)
    }
    assert.deepEqual(await idsOf(alice, 'apple', { filter: { rooms: [other] } }), [elsewhere])
    assert.deepEqual(await idsOf(alice, 'apple', { filter: { not_rooms: [roomId] } }), [elsewhere])
    assert.equal((await idsOf(alice, 'apple', { filter: { rooms: [] } })).length, 0)
    assert.equal((await idsOf(alice, 'apple', { filter: { senders: [bob.userId] } })).length, 3)
    for (const batch of ['x', 'recent_1', 'rank_1_0', 'recent_1_0_x', 'recent_1_0_W1siYSIsImIiXV0']) {
      const body = { search_categories: { room_events: { search_term: 'apple', order_by: 'recent' } } }
      const refused = await alice.try('POST', `/search?next_batch=${batch}`, body)
      assert.deepEqual([refused.status, refused.body['errcode']], [400, 'M_INVALID_PARAM'], batch)
    }
    for (const category of [
      {},
      { search_term: 'a', order_by: 'age' },
      { search_term: 'a', filter: { limit: 'x' } },
    ])
      assert.equal(
        (await alice.try('POST', '/search', { search_categories: { room_events: category } })).status,
        400,
        JSON.stringify(category),
      )
    assert.deepEqual(await alice.post('/search', { search_categories: {} }), { search_categories: {} })
  })

  test('finds an edited message by its new text only, and a redacted one no more', async (t) => {
    const { alice } = await begin(t)
    const roomId = await alice.createRoom()
    for (const isIndexed of [true, false]) {
      const message = await alice.say(roomId, 'monday')
      const gone = await alice.say(roomId, 'monday monday')
      if (isIndexed) assert.deepEqual(await idsOf(alice, 'monday'), [gone, message])
      const toTuesday = await edit(alice, roomId, message, 'tuesday')
      await redact(alice, roomId, gone)
      assert.deepEqual(await idsOf(alice, 'monday'), [])
      assert.deepEqual(await idsOf(alice, 'tuesday'), [message])
      const toFriday = await edit(alice, roomId, message, 'friday')
      assert.deepEqual([await idsOf(alice, 'tuesday'), await idsOf(alice, 'friday')], [[], [message]])
      await redact(alice, roomId, toFriday)
      assert.deepEqual([await idsOf(alice, 'tuesday'), await idsOf(alice, 'friday')], [[message], []])
      await redact(alice, roomId, toTuesday)
      assert.deepEqual(await idsOf(alice, 'monday'), [message])
      await redact(alice, roomId, message)
      assert.deepEqual(await idsOf(alice, 'monday'), [])
    }
  })

  test('does not find a message by an edit that the user may not see', async (t) => {
    const { alice, bob } = await begin(t)
    const roomId = await alice.createRoom({ preset: 'public_chat' })
    await bob.post(`/join/${encoded(roomId)}`)
    const message = await alice.say(roomId, 'monday')
    assert.deepEqual(await idsOf(bob, 'monday'), [message])
    await bob.post(`/rooms/${encoded(roomId)}/leave`)
    await edit(alice, roomId, message, 'tuesday')
    assert.deepEqual(await idsOf(alice, 'tuesday'), [message])
    assert.deepEqual(await idsOf(bob, 'tuesday'), [])
    await bob.post(`/join/${encoded(roomId)}`)
    assert.deepEqual(await idsOf(bob, 'tuesday'), [message])
  })

  test('returns only events that the user may see, and none of ignored users or forgotten rooms', async (t) => {
    const { alice, bob } = await begin(t)
    const initial_state = [
      { type: 'm.room.history_visibility', state_key: '', content: { history_visibility: 'joined' } },
    ]
    const roomId = await alice.createRoom({ preset: 'public_chat', initial_state })
    await alice.say(await alice.createRoom({ preset: 'private_chat' }), 'secret of another room')
    await alice.say(roomId, 'secret before')
    await bob.post(`/join/${encoded(roomId)}`)
    const during = await alice.say(roomId, 'secret during')
    await bob.post(`/rooms/${encoded(roomId)}/leave`)
    await alice.say(roomId, 'secret after')
    const found = await search(bob, 'secret', { event_context: {} })
    assert.deepEqual(
      found.results.map(({ result }) => result.event_id),
      [during],
    )
    assert.ok(!JSON.stringify(found.results[0]?.context).includes('secret'))
    await alice.say(roomId, 'not encrypted')
    await alice.put(`/rooms/${encoded(roomId)}/send/m.room.encrypted/e1`, {
      body: 'cipher',
      ciphertext: 'cipher',
    })
    assert.deepEqual(await idsOf(alice, 'cipher'), [])

    const list = `/user/${encoded(bob.userId)}/account_data/m.ignored_user_list`
    await bob.put(list, { ignored_users: { [alice.userId]: {} } })
    assert.deepEqual(await idsOf(bob, 'secret'), [])
    await bob.put(list, { ignored_users: {} })
    assert.deepEqual(await idsOf(bob, 'secret'), [during])
    await bob.post(`/rooms/${encoded(roomId)}/forget`)
    assert.deepEqual(await idsOf(bob, 'secret'), [])
  })
})
