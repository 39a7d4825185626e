import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HOUR, createEmailFixture } from './email-fixture.ts'

test('requests of one client do not use up the token mails that the owner of a mailbox can request', async (t) => {
  const { url, clock, mailServer } = await createEmailFixture(t, {
    BELFRY_RATE_LIMITS_ENABLED: 'true',
    BELFRY_TRUST_PROXY: 'true',
    BELFRY_RATE_LIMITS_EMAIL_TOKENS_PER_HOUR_PER_RECIPIENT_AND_ADDRESS: '2',
    BELFRY_RATE_LIMITS_EMAIL_TOKENS_PER_HOUR_PER_RECIPIENT: '4',
  })
  let secrets = 0
  const ask = async (from: string) => {
    const asked = { email: 'ada@example.org', client_secret: `s${secrets++}`, send_attempt: 1 }
    const path = `${url}/_matrix/client/v3/account/3pid/email/requestToken`
    const headers = { 'x-forwarded-for': from }
    return (await fetch(path, { method: 'POST', headers, body: JSON.stringify(asked) })).status
  }
  const [stranger, owner] = ['203.0.113.66', '198.51.100.1']
  const statuses = []
  for (const from of [stranger, stranger, stranger, owner, owner, owner]) statuses.push(await ask(from))
  assert.deepEqual(statuses, [200, 200, 429, 200, 200, 429])
  assert.equal(await ask('192.0.2.77'), 429, 'the total limit of the mailbox')
  clock.advance(HOUR)
  assert.equal(await ask(owner), 200)
  assert.equal(mailServer.mails.length, 5)
})
