import assert from 'node:assert/strict'
import { test } from 'node:test'
import { throttlesOf } from '../../../src/delivery/email/throttle-store.ts'
import type { Database } from '../../../src/storage/database.ts'
import { room } from '../../notifications/fixture.ts'
import { waitingEvents } from '../../../src/delivery/email/mail-store.ts'
import { onEachDatabase } from '../../support/databases.ts'
import { eventually } from '../../support/eventually.ts'
import { startPokeReceiver } from '../../support/poke-receiver.ts'
import { alice, bob, carol, kitchen } from '../delivery-fixture.ts'
import { buildPost, DELAY, HOUR, MAIL_PUSHER, MINUTE, type Post, SENT } from './post.ts'

const bell = room('bell')
const LOOK = 15_000

const skips = ({ told }: Post) =>
  new Map(
    told
      .filter(({ event }) => event === 'mailSkipped')
      .map(({ fields }) => [fields['reason'], fields['count']]),
  )

onEachDatabase('mail', (open) => {
  test('sends a mail ten minutes after the event, and not earlier', async (t) => {
    const post = await buildPost(t, await open(t))
    await using _worker = await post.start()
    const position = await post.delivery.say(alice, 'Ding')
    await post.pass(DELAY - 1)
    assert.equal(post.posted.length, 0)
    await post.pass(LOOK)
    assert.equal(post.posted.length, 1)
    const [mail] = post.posted
    assert.equal(mail?.to, 'bob@example.org')
    assert.equal(
      mail?.unsubscribe,
      'https://m.example.org/_matrix/client/unstable/org.belfry/email/unsubscribe/token-1',
    )
    assert.match(mail?.text ?? '', /Ding/)
    assert.equal(await post.delivery.queued(), 0)
    const row = await post.pusher()
    assert.deepEqual([row.last_success_at, row.lease_owner, row.attempts], [mail?.at, null, 0])
    assert.deepEqual(
      post.told.map(({ event }) => event),
      ['mailSent'],
    )
    assert.deepEqual(await post.steps(), [{ position, step: 'sent', reason: null }])
  })

  test('sends no mail for an event that was read, redacted, silenced by a rule or left in the meantime', async (t) => {
    const post = await buildPost(t, await open(t))
    const { delivery } = post
    await using _worker = await post.start()
    const read = await delivery.say(alice, 'read')
    await delivery.fixture.read({ userId: bob, roomId: kitchen, threadId: '', position: read })
    await delivery.fixture.redact(kitchen, await delivery.say(alice, 'redacted'))
    await post.inRoom(bell)
    await delivery.fixture.say(bell, alice, 'left')
    await delivery.fixture.setMember({ roomId: bell, userId: bob, membership: 'leave', before: 'join' })
    await post.pass(DELAY)
    assert.deepEqual(post.posted, [])
    assert.equal(await delivery.queued(), 0)
    const steps = await post.steps()
    assert.deepEqual(
      new Set(steps.map(({ reason }) => reason)),
      new Set(['read', 'redacted', 'not a member']),
    )
  })

  test('sends no mail for an event with the tweak of MSC4062, for one that a device rule suppresses, and for a call', async (t) => {
    const post = await buildPost(t, await open(t))
    const { delivery } = post
    await using _worker = await post.start()
    for (const [word, tweak] of [
      ['quiet', 'org.matrix.msc4062.dont_email'],
      ['silent', 'dont_email'],
    ] as const)
      await post.rule('', 'content', word, { pattern: word, actions: ['notify', { set_tweak: tweak }] })
    await post.rule('', 'content', 'loud', {
      pattern: 'loud',
      actions: ['notify', { set_tweak: 'dont_email', value: false }],
    })
    await post.rule('mail', 'content', 'tea', { pattern: 'tea', actions: [] })
    for (const text of ['quiet', 'silent', 'tea', 'loud']) await delivery.say(alice, text)
    await delivery.fixture.send({
      roomId: kitchen,
      sender: alice,
      type: 'm.call.invite',
      content: { call_id: 'c' },
    })
    await post.pass(DELAY)
    assert.equal(post.posted.length, 1)
    assert.match(post.posted[0]?.text ?? '', /loud/)
    assert.doesNotMatch(post.posted[0]?.text ?? '', /quiet|silent|tea/)
    assert.deepEqual(
      skips(post),
      new Map([
        ['not by e-mail', 2],
        ['suppressed by a device rule', 1],
        ['expired', 1],
      ]),
    )
  })

  test('delays further mails of a room more and more, until the room was quiet for half a day', async (t) => {
    const post = await buildPost(t, await open(t))
    const { delivery } = post
    await using _worker = await post.start()
    await delivery.say(alice, 'one')
    await post.pass(DELAY)
    for (const wait of [10 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR, 24 * HOUR]) {
      const before = post.posted.length
      await delivery.say(alice, 'again')
      // The room is never quiet.
      for (let passed = 0; passed < wait - LOOK; passed += 6 * HOUR) {
        await delivery.say(alice, 'still')
        await post.pass(Math.min(6 * HOUR, wait - LOOK - passed))
      }
      assert.equal(post.posted.length, before, `not before ${wait}`)
      await post.pass(LOOK)
      assert.equal(post.posted.length, before + 1, `after ${wait}`)
    }
    await post.pass(3 * HOUR)
    await delivery.say(alice, 'soon')
    await post.pass(DELAY)
    assert.equal(post.posted.length, 6, 'nine hours are not quiet')
    assert.ok((await post.steps()).some(({ reason }) => reason === 'mailed not long ago'))
    await post.pass(21 * HOUR)
    assert.equal(post.posted.length, 7)
    await post.pass(12 * HOUR)
    await delivery.say(alice, 'news')
    await post.pass(DELAY)
    assert.equal(post.posted.length, 8)
    await delivery.say(alice, 'and more')
    await post.pass(DELAY)
    assert.equal(post.posted.length, 9, 'the waits begin anew')
  })

  test('sends one mail for all rooms, and a room that was not due keeps its wait', async (t) => {
    const post = await buildPost(t, await open(t))
    const { delivery } = post
    await post.inRoom(bell)
    await using _worker = await post.start()
    await post.pass(DELAY)
    for (const text of ['a', 'b']) {
      await delivery.say(alice, text)
      await post.pass(DELAY)
    }
    // The kitchen rests for an hour now; the bell is due before.
    await delivery.say(carol, 'kitchen')
    await delivery.fixture.say(bell, alice, 'bell')
    await post.pass(DELAY)
    const last = post.posted.at(-1)
    assert.match(last?.text ?? '', /kitchen/)
    assert.match(last?.text ?? '', /bell/)
    const pusherId = (await post.pusher()).pusher_id
    const rows = await delivery.db.all(throttlesOf, { pusherId })
    assert.deepEqual(
      new Map(rows.map((row) => [row.room_id, [row.wait_ms, row.told_at]])),
      new Map([
        [bell, [10 * MINUTE, last?.at]],
        [kitchen, [HOUR, last?.at]],
      ]),
    )
  })

  test('retries after the back-off when the mail server fails, loses nothing, and shows the failure in the status', async (t) => {
    const post = await buildPost(t, await open(t))
    const { delivery } = post
    post.answer({ kind: 'retry', reason: 'smtp 451', status: 451, ms: 7 })
    await using _worker = await post.start()
    await delivery.say(alice, 'one')
    await post.pass(DELAY)
    const failing = await post.pusher()
    const now = delivery.clock.now()
    assert.deepEqual(
      [
        failing.failing_since,
        failing.attempts,
        failing.last_error,
        failing.next_attempt_at,
        failing.lease_owner,
      ],
      [now, 1, 'smtp 451', now + 1000, null],
    )
    await delivery.say(alice, 'two')
    await post.pass(LOOK)
    assert.deepEqual([(await post.pusher()).attempts, await delivery.queued()], [2, 2])
    post.answer(SENT)
    await post.pass(LOOK)
    assert.match(post.posted.at(-1)?.text ?? '', /one[^]*two/)
    const well = await post.pusher()
    assert.deepEqual([well.failing_since, well.attempts, well.next_attempt_at], [null, 0, null])
    assert.deepEqual(
      post.told.map(({ event, fields }) => [event, fields['attempts']]),
      [
        ['mailFailed', 1],
        ['mailFailed', 2],
        ['mailSent', undefined],
      ],
    )
  })

  test('drops and records a mail that is refused for good, and keeps the pusher', async (t) => {
    const post = await buildPost(t, await open(t))
    const { delivery } = post
    post.answer({ kind: 'refused', reason: 'smtp 550', status: 550, ms: 7 })
    await using _worker = await post.start()
    const position = await delivery.say(alice, 'one')
    await post.pass(DELAY)
    const row = await post.pusher()
    assert.deepEqual([row.last_error, row.failing_since, row.attempts], ['smtp 550', null, 0])
    assert.equal(await delivery.queued(), 0)
    assert.deepEqual(await post.steps(), [{ position, step: 'dropped', reason: 'smtp 550' }])
    post.answer(SENT)
    await delivery.say(alice, 'two')
    await post.pass(DELAY)
    assert.match(post.posted.at(-1)?.text ?? '', /two/)
  })

  test('sends numbers without names and texts in the short form', async (t) => {
    const post = await buildPost(t, await open(t))
    const { delivery } = post
    await delivery.setPusher(bob, { ...MAIL_PUSHER, data: { format: 'event_id_only' } })
    const first = await post.start()
    await delivery.say(alice, 'secret')
    await post.pass(DELAY)
    await first[Symbol.asyncDispose]()
    await delivery.setPusher(bob, MAIL_PUSHER)
    await using _second = await post.start({ includeContent: false })
    await delivery.say(alice, 'secret')
    await post.pass(DELAY)
    assert.equal(post.posted.length, 2)
    for (const { subject, text, html } of post.posted) {
      assert.doesNotMatch(`${subject}${text}${html}`, /secret|alice|kitchen|app\.example/)
      assert.match(text, /^1 notification in 1 room\.\n/)
    }
  })

  test('sends one mail with the newest events and the numbers for many events', async (t) => {
    const post = await buildPost(t, await open(t))
    const { delivery } = post
    for (let n = 0; n < 15; n++) await delivery.say(alice, `number ${n}`)
    for (let n = 0; n < 105; n++) {
      const roomId = room(`r${n}`)
      await delivery.fixture.join(roomId, bob)
      await delivery.fixture.join(roomId, alice)
      await delivery.fixture.say(roomId, alice, `in ${n}`)
    }
    await using _worker = await post.start()
    await post.pass(DELAY)
    assert.equal(post.posted.length, 1)
    assert.match(post.posted[0]?.text ?? '', /And in 86 more rooms\./)
    assert.equal(await delivery.queued(), 0, 'everything is told of')
    for (let n = 0; n < 15; n++) await delivery.say(alice, `number ${n}`)
    await post.pass(DELAY)
    const text = post.posted[1]?.text ?? ''
    assert.match(text, /\(4 more\)/)
    assert.match(text, /number 0[^]*number 5[^]*number 14/)
    assert.doesNotMatch(text, /number 3/)
  })

  test('replaces read events in a mail with earlier unread ones', async (t) => {
    const post = await buildPost(t, await open(t))
    const { delivery } = post
    const content = { msgtype: 'm.text', body: 'old and unread, in a thread' }
    await delivery.fixture.send({ roomId: kitchen, sender: alice, content, threadId: '$root' })
    let last = 0
    for (let n = 0; n < 30; n++) last = await delivery.say(alice, `read ${n}`)
    await delivery.fixture.read({ userId: bob, roomId: kitchen, threadId: 'main', position: last })
    await using _worker = await post.start()
    await post.pass(DELAY)
    const text = post.posted[0]?.text ?? ''
    assert.match(text, /old and unread/)
    assert.doesNotMatch(text, /read \d/)
  })

  test('skips 300 read events with a few queries, and not with one for every ten', async (t) => {
    const post = await buildPost(t, await open(t))
    const { delivery } = post
    const content = { msgtype: 'm.text', body: 'old and unread, in a thread' }
    await delivery.fixture.send({ roomId: kitchen, sender: alice, content, threadId: '$root' })
    let last = 0
    for (let n = 0; n < 300; n++) last = await delivery.say(alice, `read ${n}`)
    await delivery.fixture.read({ userId: bob, roomId: kitchen, threadId: 'main', position: last })
    let looks = 0
    const db: Database = {
      ...delivery.db,
      all(query, params) {
        if ((query as unknown) === waitingEvents) looks++
        return delivery.db.all(query, params)
      },
    }
    await using _worker = await post.start({ db })
    await post.pass(DELAY)
    assert.match(post.posted[0]?.text ?? '', /old and unread/)
    assert.ok(looks <= 8, `${looks} looks`)
  })

  test('sends one mail with two workers', async (t) => {
    const post = await buildPost(t, await open(t))
    await post.delivery.say(alice, 'one')
    post.delivery.clock.advance(DELAY)
    await using _one = await post.start()
    await using _two = await post.start()
    await post.pass(LOOK)
    assert.equal(post.posted.length, 1)
  })

  test('sends the mail again with the same id after the process died between the mail and the commit', async (t) => {
    const post = await buildPost(t, await open(t))
    const { delivery } = post
    let isDead = false
    // Served by several processes, so that a start ends no lease of another one.
    const shared: Database = {
      ...delivery.db,
      isServedAlone: false,
      all: (q, p) => delivery.db.all(q, p),
      first: (q, p) => delivery.db.first(q, p),
      transaction: (work, options) => delivery.db.transaction(work, options),
    }
    const dying: Database = {
      ...shared,
      transaction: (work, options) =>
        isDead ? Promise.reject(new Error('the process is dead')) : delivery.db.transaction(work, options),
    }
    post.answer(() => {
      isDead = true
      return SENT
    })
    await delivery.say(alice, 'one')
    const dead = await post.start({ db: dying })
    delivery.clock.advance(DELAY)
    await eventually(() => post.posted.length === 1)
    await dead[Symbol.asyncDispose]()
    post.answer(SENT)
    await using _worker = await post.start({ db: shared })
    await post.pass(LOOK)
    assert.equal(post.posted.length, 1, 'the dead still hold the lease')
    await post.pass(5 * MINUTE)
    assert.equal(post.posted.length, 2)
    assert.equal(post.posted[0]?.id, post.posted[1]?.id)
    assert.equal(await delivery.queued(), 0)
  })

  test('sends pokes and mails independently', async (t) => {
    const post = await buildPost(t, await open(t))
    const { delivery } = post
    const gateway = await startPokeReceiver(t)
    await delivery.setPusher(bob, { data: { url: gateway.url } })
    await using _pokes = await delivery.start()
    await using _worker = await post.start()
    await delivery.say(alice, 'one')
    await gateway.waitFor((poke) => poke.content?.['body'] === 'one')
    await eventually(async () => (await delivery.queued()) === 1)
    await post.pass(DELAY)
    assert.equal(post.posted.length, 1)
    assert.equal(gateway.pokes.length, 1)
  })

  test('clears the queue when the pusher is disabled, and removes the throttles with the pusher', async (t) => {
    const post = await buildPost(t, await open(t))
    const { delivery } = post
    await using _worker = await post.start()
    await delivery.say(alice, 'one')
    await delivery.setPusher(bob, { ...MAIL_PUSHER, enabled: false })
    await delivery.say(alice, 'two')
    await post.pass(DELAY)
    await delivery.setPusher(bob, MAIL_PUSHER)
    await delivery.say(alice, 'three')
    await post.pass(DELAY)
    assert.equal(post.posted.length, 1)
    assert.doesNotMatch(post.posted[0]?.text ?? '', /one|two/)
    const pusherId = (await post.pusher()).pusher_id
    assert.equal((await delivery.db.all(throttlesOf, { pusherId })).length, 1)
    await delivery.setPusher(bob, { ...MAIL_PUSHER, kind: null })
    assert.deepEqual(await delivery.db.all(throttlesOf, { pusherId }), [])
  })

  test('does not wait longer when the clock is set back', async (t) => {
    const post = await buildPost(t, await open(t))
    const { delivery } = post
    delivery.clock.advance(24 * HOUR)
    await delivery.say(alice, 'tomorrow')
    delivery.clock.advance(-24 * HOUR)
    await using _worker = await post.start()
    assert.equal(post.posted.length, 1)
    await delivery.say(alice, 'today')
    await post.pass(DELAY)
    assert.equal(post.posted.length, 2)
  })

  test('waits at a stop for the mail in flight', async (t) => {
    const post = await buildPost(t, await open(t))
    let end = () => {}
    let isSending = false
    post.answer(
      () =>
        new Promise((resolve) => {
          isSending = true
          end = () => resolve(SENT)
        }),
    )
    await post.delivery.say(alice, 'one')
    const worker = await post.start()
    post.delivery.clock.advance(DELAY)
    await eventually(() => isSending)
    const stopped = worker[Symbol.asyncDispose]()
    end()
    await stopped
    assert.equal(await post.delivery.queued(), 0)
  })

  test('aborts the mail in flight at a stop when the mail server hangs, and counts no failure', async (t) => {
    const post = await buildPost(t, await open(t))
    let end = () => {}
    let isSending = false
    post.answer(
      () =>
        new Promise((resolve) => {
          isSending = true
          end = () => resolve({ kind: 'retry', reason: 'stopped', ms: 1 })
        }),
    )
    await post.delivery.say(alice, 'one')
    const worker = await post.start({ endSending: async () => end() })
    post.delivery.clock.advance(DELAY)
    await eventually(() => isSending)
    let hasStopped = false
    void worker[Symbol.asyncDispose]().then(() => (hasStopped = true))
    await eventually(() => {
      post.delivery.clock.advance(8000)
      return hasStopped
    })
    const row = await post.pusher()
    assert.deepEqual(
      [row.lease_owner, row.attempts, row.failing_since, await post.delivery.queued()],
      [null, 0, null, 1],
    )
  })
})
