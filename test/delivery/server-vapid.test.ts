import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from '../../src/config/config-error.ts'
import { openServerVapid, type VapidConfig } from '../../src/delivery/server-vapid.ts'
import { openTestSqlite } from '../support/databases.ts'
import { createManualClock } from '../support/manual-clock.ts'

const CONFIG = {
  push: { web_push: true, contact: undefined },
  public_url: undefined,
  server_name: 'example.org:8448',
}

test('uses the configured contact for push services, and otherwise the best known one', async (t) => {
  const db = await openTestSqlite(t)
  const subject = async (more: Partial<VapidConfig>) => {
    const vapid = await openServerVapid({ ...CONFIG, ...more }, db, createManualClock())
    const [, token = ''] = /t=([^,]+)/.exec((await vapid?.headerFor('https://push.example')) ?? '') ?? []
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      sub: string
    }
    return claims.sub
  }
  const contact = (value: string) => ({ push: { web_push: true, contact: value } })
  assert.equal(await subject({}), 'mailto:postmaster@example.org')
  assert.equal(await subject({ public_url: 'https://chat.example.org' }), 'https://chat.example.org/')
  assert.equal(await subject({ public_url: 'http://127.0.0.1:1' }), 'mailto:postmaster@example.org')
  assert.equal(await subject({ server_name: 'localhost' }), 'mailto:postmaster@localhost.invalid')
  assert.equal(await subject(contact('ops@example.net')), 'mailto:ops@example.net')
  await assert.rejects(
    subject(contact('not-an-address')),
    (error) => error instanceof ConfigError && /push\.contact/.test(error.message),
  )
  assert.equal(
    await openServerVapid(
      { ...CONFIG, push: { web_push: false, contact: 'not-an-address' } },
      db,
      createManualClock(),
    ),
    undefined,
  )
})
