import assert from 'node:assert/strict'
import { test } from 'node:test'
import { throttlesOf } from '../../../src/delivery/email/throttle-store.ts'
import type { Database } from '../../../src/storage/database.ts'
import { room } from '../../notifications/fixture.ts'
import { waitingEvents } from '../../../src/delivery/email/mail-store.ts'
import { onEachDatabase } from '../../support/databases.ts'
import { eventually } from '../../support/eventually.ts'
import { startPokeReceiver } from '../../support/poke-receiver.ts'
import { alice, bob, carol, room1 } from '../delivery-fixture.ts'
import {
  createMailFixture,
  DELAY,
  HOUR,
  MAIL_PUSHER,
  MINUTE,
  type MailFixture,
  SENT,
} from './mail-fixture.ts'

const room2 = room('room2')
/** The interval at which the worker looks for due mails. */
const LOOK_MS = 15_000

const skips = ({ reported }: MailFixture) =>
  new Map(
    reported
      .filter(({ event }) => event === 'mailSkipped')
      .map(({ fields }) => [fields['reason'], fields['count']]),
  )

onEachDatabase('mail', (open) => {
  test('sends a mail ten minutes after the event, and not earlier', async (t) => {
    const fixture = await createMailFixture(t, await open(t))
    await using _worker = await fixture.start()
    const position = await fixture.delivery.say(alice, 'hello')
    await fixture.advance(DELAY - 1)
    assert.equal(fixture.mails.length, 0)
    await fixture.advance(LOOK_MS)
    assert.equal(fixture.mails.length, 1)
    const [mail] = fixture.mails
    assert.equal(mail?.to, 'bob@example.org')
    const { unsubscribe_token: token } = await fixture.pusher()
    assert.equal(
      mail?.unsubscribe,
      `https://m.example.org/_matrix/client/unstable/org.belfry/email/unsubscribe/${token}`,
    )
    assert.match(mail?.text ?? '', /hello/)
    assert.equal(await fixture.delivery.queued(), 0)
    const row = await fixture.pusher()
    assert.deepEqual([row.last_success_at, row.lease_owner, row.attempts], [mail?.at, null, 0])
    assert.deepEqual(
      fixture.reported.map(({ event }) => event),
      ['mailSent'],
    )
    assert.deepEqual(await fixture.steps(), [{ position, step: 'sent', reason: null }])
  })

  test('sends no mail for an event that was read, redacted, silenced by a rule or left in the meantime', async (t) => {
    const fixture = await createMailFixture(t, await open(t))
    const { delivery } = fixture
    await using _worker = await fixture.start()
    const read = await delivery.say(alice, 'read')
    await delivery.fixture.read({ userId: bob, roomId: room1, threadId: '', position: read })
    await delivery.fixture.redact(room1, await delivery.say(alice, 'redacted'))
    await fixture.joinAll(room2)
    await delivery.fixture.say(room2, alice, 'left')
    await delivery.fixture.setMember({ roomId: room2, userId: bob, membership: 'leave', before: 'join' })
    await fixture.advance(DELAY)
    assert.deepEqual(fixture.mails, [])
    assert.equal(await delivery.queued(), 0)
    const steps = await fixture.steps()
    assert.deepEqual(
      new Set(steps.map(({ reason }) => reason)),
      new Set(['read', 'redacted', 'not a member']),
    )
  })

  test('sends no mail for an event with the tweak of MSC4062, for one that a device rule suppresses, and for a call', async (t) => {
    const fixture = await createMailFixture(t, await open(t))
    const { delivery } = fixture
    await using _worker = await fixture.start()
    for (const [word, tweak] of [
      ['quiet', 'org.matrix.msc4062.dont_email'],
      ['silent', 'dont_email'],
    ] as const)
      await fixture.putRule('', 'content', word, { pattern: word, actions: ['notify', { set_tweak: tweak }] })
    await fixture.putRule('', 'content', 'loud', {
      pattern: 'loud',
      actions: ['notify', { set_tweak: 'dont_email', value: false }],
    })
    await fixture.putRule('mail', 'content', 'tea', { pattern: 'tea', actions: [] })
    for (const text of ['quiet', 'silent', 'tea', 'loud']) await delivery.say(alice, text)
    await delivery.fixture.send({
      roomId: room1,
      sender: alice,
      type: 'm.call.invite',
      content: { call_id: 'c' },
    })
    await fixture.advance(DELAY)
    assert.equal(fixture.mails.length, 1)
    assert.match(fixture.mails[0]?.text ?? '', /loud/)
    assert.doesNotMatch(fixture.mails[0]?.text ?? '', /quiet|silent|tea/)
    assert.deepEqual(
      skips(fixture),
      new Map([
        ['not by e-mail', 2],
        ['suppressed by a device rule', 1],
        ['expired', 1],
      ]),
    )
  })

  test('delays further mails of a room more and more, until the room was quiet for half a day', async (t) => {
    const fixture = await createMailFixture(t, await open(t))
    const { delivery } = fixture
    await using _worker = await fixture.start()
    await delivery.say(alice, 'one')
    await fixture.advance(DELAY)
    for (const wait of [10 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR, 24 * HOUR]) {
      const before = fixture.mails.length
      await delivery.say(alice, 'again')
      // An event arrives at least every six hours, so the room is never quiet.
      for (let passed = 0; passed < wait - LOOK_MS; passed += 6 * HOUR) {
        await delivery.say(alice, 'still')
        await fixture.advance(Math.min(6 * HOUR, wait - LOOK_MS - passed))
      }
      assert.equal(fixture.mails.length, before, `no mail before ${wait} ms`)
      await fixture.advance(LOOK_MS)
      assert.equal(fixture.mails.length, before + 1, `one mail after ${wait} ms`)
    }
    await fixture.advance(3 * HOUR)
    await delivery.say(alice, 'soon')
    await fixture.advance(DELAY)
    assert.equal(fixture.mails.length, 6, 'nine hours without an event do not reset the waits')
    assert.ok((await fixture.steps()).some(({ reason }) => reason === 'mailed not long ago'))
    await fixture.advance(21 * HOUR)
    assert.equal(fixture.mails.length, 7)
    await fixture.advance(12 * HOUR)
    await delivery.say(alice, 'news')
    await fixture.advance(DELAY)
    assert.equal(fixture.mails.length, 8)
    await delivery.say(alice, 'and more')
    await fixture.advance(DELAY)
    assert.equal(fixture.mails.length, 9, 'the waits start again with the shortest one')
  })

  test('sends one mail for all rooms, and a room that was not due keeps its wait', async (t) => {
    const fixture = await createMailFixture(t, await open(t))
    const { delivery } = fixture
    await fixture.joinAll(room2)
    await using _worker = await fixture.start()
    await fixture.advance(DELAY)
    for (const text of ['a', 'b']) {
      await delivery.say(alice, text)
      await fixture.advance(DELAY)
    }
    // The wait of room 1 is an hour now. Room 2 is due earlier.
    await delivery.say(carol, 'room1')
    await delivery.fixture.say(room2, alice, 'room2')
    await fixture.advance(DELAY)
    const last = fixture.mails.at(-1)
    assert.match(last?.text ?? '', /room1/)
    assert.match(last?.text ?? '', /room2/)
    const pusherId = (await fixture.pusher()).pusher_id
    const rows = await delivery.db.all(throttlesOf, { pusherId })
    assert.deepEqual(
      new Map(rows.map((row) => [row.room_id, [row.wait_ms, row.told_at]])),
      new Map([
        [room2, [10 * MINUTE, last?.at]],
        [room1, [HOUR, last?.at]],
      ]),
    )
  })

  test('retries after the back-off when the mail server fails, loses nothing, and shows the failure in the status', async (t) => {
    const fixture = await createMailFixture(t, await open(t))
    const { delivery } = fixture
    fixture.setResult({ kind: 'retry', reason: 'smtp 451', status: 451, ms: 7 })
    await using _worker = await fixture.start()
    await delivery.say(alice, 'one')
    await fixture.advance(DELAY)
    const failing = await fixture.pusher()
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
    await fixture.advance(LOOK_MS)
    assert.deepEqual([(await fixture.pusher()).attempts, await delivery.queued()], [2, 2])
    fixture.setResult(SENT)
    await fixture.advance(LOOK_MS)
    assert.match(fixture.mails.at(-1)?.text ?? '', /one[^]*two/)
    const recovered = await fixture.pusher()
    assert.deepEqual(
      [recovered.failing_since, recovered.attempts, recovered.next_attempt_at],
      [null, 0, null],
    )
    assert.deepEqual(
      fixture.reported.map(({ event, fields }) => [event, fields['attempts']]),
      [
        ['mailFailed', 1],
        ['mailFailed', 2],
        ['mailSent', undefined],
      ],
    )
  })

  test('drops and records a mail that is refused permanently, and keeps the pusher', async (t) => {
    const fixture = await createMailFixture(t, await open(t))
    const { delivery } = fixture
    fixture.setResult({ kind: 'refused', reason: 'smtp 550', status: 550, ms: 7 })
    await using _worker = await fixture.start()
    const position = await delivery.say(alice, 'one')
    await fixture.advance(DELAY)
    const row = await fixture.pusher()
    assert.deepEqual([row.last_error, row.failing_since, row.attempts], ['smtp 550', null, 0])
    assert.equal(await delivery.queued(), 0)
    assert.deepEqual(await fixture.steps(), [{ position, step: 'dropped', reason: 'smtp 550' }])
    fixture.setResult(SENT)
    await delivery.say(alice, 'two')
    await fixture.advance(DELAY)
    assert.match(fixture.mails.at(-1)?.text ?? '', /two/)
  })

  test('sends numbers without names and texts in the short form', async (t) => {
    const fixture = await createMailFixture(t, await open(t))
    const { delivery } = fixture
    await delivery.setPusher(bob, { ...MAIL_PUSHER, data: { format: 'event_id_only' } })
    const first = await fixture.start()
    await delivery.say(alice, 'secret')
    await fixture.advance(DELAY)
    await first[Symbol.asyncDispose]()
    await delivery.setPusher(bob, MAIL_PUSHER)
    await using _second = await fixture.start({ includeContent: false })
    await delivery.say(alice, 'secret')
    await fixture.advance(DELAY)
    assert.equal(fixture.mails.length, 2)
    for (const { subject, text, html } of fixture.mails) {
      assert.doesNotMatch(`${subject}${text}${html}`, /secret|alice|room1|app\.example/)
      assert.match(text, /^1 notification in 1 room\n/)
    }
  })

  test('sends one mail with the newest events and the numbers for many events', async (t) => {
    const fixture = await createMailFixture(t, await open(t))
    const { delivery } = fixture
    for (let n = 0; n < 15; n++) await delivery.say(alice, `number ${n}`)
    for (let n = 0; n < 105; n++) {
      const roomId = room(`r${n}`)
      await delivery.fixture.join(roomId, bob)
      await delivery.fixture.join(roomId, alice)
      await delivery.fixture.say(roomId, alice, `in ${n}`)
    }
    await using _worker = await fixture.start()
    await fixture.advance(DELAY)
    assert.equal(fixture.mails.length, 1)
    assert.match(fixture.mails[0]?.text ?? '', /And in 86 more rooms\./)
    assert.equal(await delivery.queued(), 0, 'the mail covers all items')
    for (let n = 0; n < 15; n++) await delivery.say(alice, `number ${n}`)
    await fixture.advance(DELAY)
    const text = fixture.mails[1]?.text ?? ''
    assert.match(text, /\(4 earlier messages\)/)
    assert.match(text, /number 0[^]*number 5[^]*number 14/)
    assert.doesNotMatch(text, /number 3/)
  })

  test('replaces read events in a mail with earlier unread ones', async (t) => {
    const fixture = await createMailFixture(t, await open(t))
    const { delivery } = fixture
    const content = { msgtype: 'm.text', body: 'old and unread, in a thread' }
    await delivery.fixture.send({ roomId: room1, sender: alice, content, threadId: '$root' })
    let last = 0
    for (let n = 0; n < 30; n++) last = await delivery.say(alice, `read ${n}`)
    await delivery.fixture.read({ userId: bob, roomId: room1, threadId: 'main', position: last })
    await using _worker = await fixture.start()
    await fixture.advance(DELAY)
    const text = fixture.mails[0]?.text ?? ''
    assert.match(text, /old and unread/)
    assert.doesNotMatch(text, /read \d/)
  })

  test('skips 300 read events with a few queries, and not with one for every ten', async (t) => {
    const fixture = await createMailFixture(t, await open(t))
    const { delivery } = fixture
    const content = { msgtype: 'm.text', body: 'old and unread, in a thread' }
    await delivery.fixture.send({ roomId: room1, sender: alice, content, threadId: '$root' })
    let last = 0
    for (let n = 0; n < 300; n++) last = await delivery.say(alice, `read ${n}`)
    await delivery.fixture.read({ userId: bob, roomId: room1, threadId: 'main', position: last })
    let looks = 0
    const db: Database = {
      ...delivery.db,
      all(query, params) {
        if ((query as unknown) === waitingEvents) looks++
        return delivery.db.all(query, params)
      },
    }
    await using _worker = await fixture.start({ db })
    await fixture.advance(DELAY)
    assert.match(fixture.mails[0]?.text ?? '', /old and unread/)
    assert.ok(looks <= 8, `${looks} looks`)
  })

  test('sends one mail with two workers', async (t) => {
    const fixture = await createMailFixture(t, await open(t))
    await fixture.delivery.say(alice, 'one')
    fixture.delivery.clock.advance(DELAY)
    await using _one = await fixture.start()
    await using _two = await fixture.start()
    await fixture.advance(LOOK_MS)
    assert.equal(fixture.mails.length, 1)
  })

  test('sends the mail again with the same id after the process died between the mail and the commit', async (t) => {
    const fixture = await createMailFixture(t, await open(t))
    const { delivery } = fixture
    let isDead = false
    const failingDb: Database = {
      ...delivery.db,
      all: (q, p) => delivery.db.all(q, p),
      first: (q, p) => delivery.db.first(q, p),
      transaction: (work, options) =>
        isDead ? Promise.reject(new Error('the process is killed')) : delivery.db.transaction(work, options),
    }
    fixture.setResult(() => {
      isDead = true
      return SENT
    })
    await delivery.say(alice, 'one')
    const killed = await fixture.start({ db: failingDb })
    delivery.clock.advance(DELAY)
    await eventually(() => fixture.mails.length === 1)
    await killed[Symbol.asyncDispose]()
    fixture.setResult(SENT)
    // The start ends the leases of dead processes.
    await using _worker = await fixture.start()
    await fixture.advance(LOOK_MS)
    assert.equal(fixture.mails.length, 2)
    assert.equal(fixture.mails[0]?.id, fixture.mails[1]?.id)
    assert.equal(await delivery.queued(), 0)
  })

  test('sends pokes and mails independently', async (t) => {
    const fixture = await createMailFixture(t, await open(t))
    const { delivery } = fixture
    const gateway = await startPokeReceiver(t)
    await delivery.setPusher(bob, { data: { url: gateway.url } })
    await using _pokes = await delivery.start()
    await using _worker = await fixture.start()
    await delivery.say(alice, 'one')
    await gateway.waitFor((poke) => poke.content?.['body'] === 'one')
    await eventually(async () => (await delivery.queued()) === 1)
    await fixture.advance(DELAY)
    assert.equal(fixture.mails.length, 1)
    assert.equal(gateway.pokes.length, 1)
  })

  test('clears the queue when the pusher is disabled, and removes the throttles with the pusher', async (t) => {
    const fixture = await createMailFixture(t, await open(t))
    const { delivery } = fixture
    await using _worker = await fixture.start()
    await delivery.say(alice, 'one')
    await delivery.setPusher(bob, { ...MAIL_PUSHER, enabled: false })
    await delivery.say(alice, 'two')
    await fixture.advance(DELAY)
    await delivery.setPusher(bob, MAIL_PUSHER)
    await delivery.say(alice, 'three')
    await fixture.advance(DELAY)
    assert.equal(fixture.mails.length, 1)
    assert.doesNotMatch(fixture.mails[0]?.text ?? '', /one|two/)
    const pusherId = (await fixture.pusher()).pusher_id
    assert.equal((await delivery.db.all(throttlesOf, { pusherId })).length, 1)
    await delivery.setPusher(bob, { ...MAIL_PUSHER, kind: null })
    assert.deepEqual(await delivery.db.all(throttlesOf, { pusherId }), [])
  })

  test('does not wait longer when the clock is set back', async (t) => {
    const fixture = await createMailFixture(t, await open(t))
    const { delivery } = fixture
    delivery.clock.advance(24 * HOUR)
    await delivery.say(alice, 'before the change')
    delivery.clock.advance(-24 * HOUR)
    await using _worker = await fixture.start()
    assert.equal(fixture.mails.length, 1)
    await delivery.say(alice, 'after the change')
    await fixture.advance(DELAY)
    assert.equal(fixture.mails.length, 2)
  })

  test('waits at a stop for the mail in flight', async (t) => {
    const fixture = await createMailFixture(t, await open(t))
    let end = () => {}
    let isSending = false
    fixture.setResult(
      () =>
        new Promise((resolve) => {
          isSending = true
          end = () => resolve(SENT)
        }),
    )
    await fixture.delivery.say(alice, 'one')
    const worker = await fixture.start()
    fixture.delivery.clock.advance(DELAY)
    await eventually(() => isSending)
    const stopped = worker[Symbol.asyncDispose]()
    end()
    await stopped
    assert.equal(await fixture.delivery.queued(), 0)
  })

  test('aborts the mail in flight at a stop when the mail server hangs, and counts no failure', async (t) => {
    const fixture = await createMailFixture(t, await open(t))
    let end = () => {}
    let isSending = false
    fixture.setResult(
      () =>
        new Promise((resolve) => {
          isSending = true
          end = () => resolve({ kind: 'retry', reason: 'stopped', ms: 1 })
        }),
    )
    await fixture.delivery.say(alice, 'one')
    const worker = await fixture.start({ endSending: async () => end() })
    fixture.delivery.clock.advance(DELAY)
    await eventually(() => isSending)
    let hasStopped = false
    void worker[Symbol.asyncDispose]().then(() => (hasStopped = true))
    await eventually(() => {
      fixture.delivery.clock.advance(8000)
      return hasStopped
    })
    const row = await fixture.pusher()
    assert.deepEqual(
      [row.lease_owner, row.attempts, row.failing_since, await fixture.delivery.queued()],
      [null, 0, null, 1],
    )
  })
})
