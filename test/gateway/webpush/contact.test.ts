import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import { keepVapidKey } from '../../../src/app.ts'
import { loadGatewayConfig } from '../../../src/config/gateway-file.ts'
import { createGatewayApp } from '../../../src/gateway-app.ts'
import { checkGateway } from '../../../src/gateway-app/check-gateway.ts'
import { createLog } from '../../../src/lib/log.ts'
import { afterTest } from '../../support/after-test.ts'
import { newDataFolder } from '../../support/databases.ts'
import { startTestServer } from '../../support/server.ts'

// Apple refuses every message whose VAPID token has a contact without a public host name.

const APP_ID = 'org.example.web'

function collectingLog() {
  const lines: { level: string; msg: string }[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]) }
  const log = createLog({ level: 'info', stream })
  const warnings = () => lines.filter(({ level, msg }) => level === 'warn' && msg.includes('Apple'))
  return { log, warnings: () => warnings().map(({ msg }) => msg) }
}

async function gatewayWith(t: TestContext, contact: string) {
  const data = newDataFolder(t, 'gateway.db')
  const keyFile = join(data, 'vapid.pem')
  await keepVapidKey(keyFile)
  const file = join(data, 'gateway.yaml')
  const app = { type: 'webpush', vapid_private_key: keyFile, vapid_contact_email: contact }
  writeFileSync(file, JSON.stringify({ http: { port: 0 }, apps: { [APP_ID]: app } }))
  const argv = ['--config', file, '--data', data]
  return () => loadGatewayConfig({ argv, env: {} })
}

const SPECIAL = ['x.invalid', 'x.test', 'x.example', 'x.lan', 'x.home.arpa', 'x.internal', 'x.corp']
const CONTACTS = SPECIAL.flatMap((host) => [`push@${host}`, `https://${host}/contact`])

suite('the VAPID contact', () => {
  for (const contact of CONTACTS)
    test(`${contact}: "gateway check" and the start of the gateway log a warning`, async (t) => {
      const load = await gatewayWith(t, contact)
      const { warnings, lines } = await checkGateway(load())
      assert.equal(warnings.length, 1)
      assert.match(warnings[0] ?? '', /^org\.example\.web: vapid_contact_email: .* is not at a public domain/)
      assert.deepEqual(lines, [{ app: APP_ID, type: 'webpush' }])
      const collected = collectingLog()
      const app = await createGatewayApp(load(), { log: collected.log })
      afterTest(t, () => app.close())
      assert.equal(collected.warnings().length, 1)
    })

  for (const contact of [
    'push@localhost',
    'push@belfry',
    'push@127.0.0.1',
    'https://[::1]/',
    'https://10.0.0.1',
    'push@x.local',
    'push@x.localhost',
  ])
    test(`${contact}: refused by "gateway check" and by the start`, async (t) => {
      const load = await gatewayWith(t, contact)
      const { lines } = await checkGateway(load())
      assert.match(lines[0]?.fault ?? '', /vapid_contact_email.*must be an e-mail address at a public domain/)
      await assert.rejects(createGatewayApp(load()), { name: 'ConfigError', message: /vapid_contact_email/ })
    })

  test('a contact at a public name causes no warning', async (t) => {
    const load = await gatewayWith(t, 'push@belfry.org')
    assert.deepEqual((await checkGateway(load())).warnings, [])
  })

  const servers: [
    title: string,
    flags: string[],
    env: Record<string, string>,
    contact: string | undefined,
  ][] = [
    ['no public name', [], {}, 'mailto:postmaster@localhost.invalid'],
    [
      'a server name in .home.arpa',
      ['--server-name', 'chat.home.arpa'],
      {},
      'mailto:postmaster@chat.home.arpa',
    ],
    ['push.contact', [], { BELFRY_PUSH_CONTACT: 'ops@chat.lan' }, 'mailto:ops@chat.lan'],
    ['a public server name', ['--server-name', 'belfry.org'], {}, undefined],
    [
      'a public server name behind a private URL',
      ['--server-name', 'belfry.org'],
      { BELFRY_PUBLIC_URL: 'https://chat.lan' },
      undefined,
    ],
    ['Web Push off', [], { BELFRY_PUSH_WEB_PUSH: 'false' }, undefined],
  ]
  for (const [title, flags, env, contact] of servers)
    test(`the start of the home server with ${title}: ${contact === undefined ? 'no warning' : `a warning about ${contact}`}`, async (t) => {
      const { log, warnings } = collectingLog()
      await startTestServer(t, { flags, env, environment: { log } })
      assert.equal(warnings().length, contact === undefined ? 0 : 1)
      if (contact !== undefined) assert.ok(warnings()[0]?.includes(contact))
    })
})
