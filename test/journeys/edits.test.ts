import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foundingPusher, loginUser, registerUser, type TestUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { startTestServer } from '../support/server.ts'
import { SLEEP_MS, untilSyncsSleep } from '../support/waiting-syncs.ts'
import { adaAndBob, createEmailFixture, MINUTE } from './email-fixture.ts'

const encoded = encodeURIComponent

/** Edits the text of a message as clients do. */
function edit(user: TestUser, roomId: string, of: { eventId: string; text: string }): Promise<string> {
  return user.say(roomId, `* ${of.text}`, {
    'm.new_content': { msgtype: 'm.text', body: of.text },
    'm.relates_to': { rel_type: 'm.replace', event_id: of.eventId },
  })
}

let redactions = 0
const redact = (user: TestUser, roomId: string, eventId: string) =>
  user.put(`/rooms/${encoded(roomId)}/redact/${encoded(eventId)}/r${redactions++}`, {})

test('a mail contains the latest text of an edited message, and no redacted message', async (t) => {
  const fixture = await createEmailFixture(t)
  const { mailServer, clock, url } = fixture
  const { ada, bob, roomId } = await adaAndBob(fixture)
  const carol = await registerUser(url, 'carol')
  await carol.post(`/join/${encoded(roomId)}`)
  const edited = await bob.say(roomId, 'the passphrase is swordfish')
  const withRedactedEdit = await bob.say(roomId, 'lunch at noon')
  const redacted = await bob.say(roomId, 'never mind')
  // The worker has read the waiting events, so a cached text would be the old one.
  clock.advance(MINUTE)
  const { pushers } = (await ada.get('/pushers')) as { pushers: Record<string, unknown>[] }
  assert.equal(pushers.length, 1)
  await edit(bob, roomId, { eventId: edited, text: 'see you at six' })
  await edit(bob, roomId, { eventId: edited, text: 'see you at seven' })
  await edit(carol, roomId, { eventId: edited, text: 'carol cannot edit this' })
  await edit(bob, roomId, { eventId: withRedactedEdit, text: 'lunch at one' })
  await redact(bob, roomId, await edit(bob, roomId, { eventId: withRedactedEdit, text: 'lunch at two' }))
  await redact(bob, roomId, redacted)
  clock.advance(10 * MINUTE)
  const mail = await mailServer.waitFor(({ to }) => to[0] === 'ada@example.org')
  for (const part of [mail.parsed.text ?? '', String(mail.parsed.html)]) {
    assert.match(part, /see you at seven/)
    assert.match(part, /lunch at one/)
    assert.doesNotMatch(part, /swordfish|at six|carol cannot|lunch at noon|lunch at two|never mind/)
  }
})

test('a held poke contains the text after the edit', async (t) => {
  const clock = createManualClock(Date.now())
  const { url } = await startTestServer(t, { environment: { clock } })
  const gateway = await startPokeReceiver(t)
  const phone = await registerUser(url, 'alice')
  const laptop = await loginUser(url, 'alice')
  const bob = await registerUser(url, 'bob')
  const roomId = await bob.createRoom()
  await phone.post(`/join/${encoded(roomId)}`)
  const hold = { 'org.belfry.hold_while_active_ms': MINUTE }
  await phone.post('/pushers/set', foundingPusher(gateway.url, hold))
  const { next_batch: since } = await laptop.get('/sync?set_presence=offline')
  const seen = laptop.get(`/sync?since=${String(since)}&timeout=${SLEEP_MS}`)
  await untilSyncsSleep(clock, 1)
  const eventId = await bob.say(roomId, 'the passphrase is swordfish')
  await seen
  await eventually(async () => {
    const { pushers } = (await phone.get('/pushers')) as { pushers: Record<string, unknown>[] }
    const status = pushers[0]?.['org.belfry.status'] as { held_until: number | null } | undefined
    return typeof status?.held_until === 'number'
  })
  await edit(bob, roomId, { eventId, text: 'see you at six' })
  clock.advance(MINUTE)
  const poke = await gateway.waitFor((one) => one.event_id === eventId)
  assert.equal(poke.content?.['body'], 'see you at six')
  assert.ok(!JSON.stringify(gateway.pokes).includes('swordfish'))
})

test('a retried poke contains the text after the edit', async (t) => {
  const clock = createManualClock(Date.now())
  const { url } = await startTestServer(t, { environment: { clock } })
  const gateway = await startPokeReceiver(t)
  const alice = await registerUser(url, 'alice')
  const bob = await registerUser(url, 'bob')
  const roomId = await bob.createRoom()
  await alice.post(`/join/${encoded(roomId)}`)
  await alice.post('/pushers/set', foundingPusher(gateway.url))
  gateway.respondWith({ status: 503 })
  const eventId = await bob.say(roomId, 'lunch at noon')
  const first = await gateway.waitFor((poke) => poke.event_id === eventId)
  assert.equal(first.content?.['body'], 'lunch at noon')
  await edit(bob, roomId, { eventId, text: 'lunch at one' })
  gateway.respondWith({})
  let retriedText: unknown
  void gateway
    .waitFor((poke) => poke.event_id === eventId && poke !== first)
    .then((poke) => (retriedText = poke.content?.['body']))
  await eventually(() => {
    if (retriedText === undefined) clock.advance(1000)
    return retriedText !== undefined
  })
  assert.equal(retriedText, 'lunch at one')
})
