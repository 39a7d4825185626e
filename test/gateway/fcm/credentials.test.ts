import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'

import pino from 'pino'

import { fcm } from '../../../src/gateway/fcm/provider.ts'
import { afterTest } from '../../support/after-test.ts'
import { startFakeFcm } from '../../support/fake-fcm.ts'
import { folderWith } from '../apns/fixture.ts'
import { providerDeps } from '../message.ts'
import { startFcmFixture } from './fixture.ts'

suite('check() of the FCM service account', () => {
  const pem = (kind: 'ec' | 'rsa', modulusLength = 2048) => {
    const { privateKey } =
      kind === 'ec'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('rsa', { modulusLength })
    return privateKey.export({ type: 'pkcs8', format: 'pem' })
  }
  const rows: [title: string, account: Record<string, unknown>, faults: RegExp[]][] = [
    ['a valid account', {}, []],
    ['another kind of file', { type: 'authorized_user' }, [/not the key file of a service account/]],
    [
      'missing fields',
      { client_email: undefined, private_key_id: 7 },
      [/"client_email"/, /"private_key_id"/],
    ],
    ['a malformed token_uri', { token_uri: 'oauth2.googleapis.com' }, [/"token_uri"/]],
    [
      'a private_key that is not PEM',
      { private_key: 'MIGTAgEAMBMGByqGSM49' },
      [/not a private key in PEM form/],
    ],
    ['a key that is not RSA', { private_key: pem('ec') }, [/not an RSA key/]],
    ['an RSA key of 1024 bits', { private_key: pem('rsa', 1024) }, [/less than 2048 bits/]],
  ]
  for (const [title, account, faults] of rows) {
    test(title, async (t) => {
      const lines: string[] = []
      const log = pino({ level: 'warn' }, { write: (line) => void lines.push(line) })
      const { provider, send, fake } = await startFcmFixture(t, { account, deps: { log } })
      const found = await provider.check()
      assert.equal(found.length, faults.length, found.join('\n'))
      for (const [index, fault] of faults.entries()) assert.match(found[index] ?? '', fault)
      for (const text of [...found, ...lines]) assert.doesNotMatch(text, /MIG|BEGIN|gserviceaccount/)
      if (faults.length === 0) return
      assert.deepEqual(await send(), { kind: 'misconfigured', reason: 'credentials' })
      assert.equal(fake.seen.length + fake.granted(), 0)
    })
  }

  test('reports a file without JSON, fails for a missing file, and logs a warning for a file that other users can read', async (t) => {
    const fake = await startFakeFcm()
    afterTest(t, () => fake[Symbol.asyncDispose]())
    const folder = await folderWith(t, { text: 'secret', open: fake.serviceAccount() })
    const lines: string[] = []
    const log = pino({ level: 'warn' }, { write: (line) => void lines.push(line) })
    const open = async (name: string) => {
      const options = fcm.options.parse({ project_id: 'p', service_account_file: join(folder, name) })
      const provider = await fcm.open(options, providerDeps({ log }))
      afterTest(t, () => provider[Symbol.asyncDispose]())
      return provider.check()
    }
    assert.match(String(await open('text')), /contains no JSON object/)
    await assert.rejects(open('nothing'), {
      name: 'ConfigError',
      message: /service_account_file \(.*\): there is no such file/,
    })
    lines.length = 0
    await chmod(join(folder, 'open'), 0o644)
    assert.deepEqual(await open('open'), [])
    assert.match(lines.join(''), /can be read by all users/)
  })
})
