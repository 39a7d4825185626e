import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { createBusMetrics } from '../../src/cluster/bus-metrics.ts'
import { createNatsLink } from '../../src/cluster/nats-link.ts'
import { createSharedBus, type ServerBus } from '../../src/cluster/shared-bus.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { loadConfig } from '../../src/config/load.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { systemRandom } from '../../src/lib/ids.ts'
import { createMetrics } from '../../src/lib/metrics.ts'
import { afterTest } from '../support/after-test.ts'
import { temporaryFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'
import { silentLog } from '../support/log.ts'
import { LOOPBACK_CERTIFICATE, LOOPBACK_KEY } from '../support/loopback-certificate.ts'
import { noNats, startNatsServer } from '../support/nats-server.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { createNatsAccount } from '../support/nats-account.ts'
import { listen } from './shared-bus-fixture.ts'

type Given = { bus: string; cluster?: string; env?: Record<string, string> }

async function makeBus(t: TestContext, { bus: url, cluster = 'test', env = {} }: Given): Promise<ServerBus> {
  const config = loadConfig({
    env: { BELFRY_DATABASE: 'postgres://localhost/x', BELFRY_CLUSTER_BUS: url, ...env },
  })
  assert.equal(config.cluster.bus?.kind, 'nats')
  const deps = { clock: systemClock, random: systemRandom, log: silentLog }
  const metrics = createBusMetrics(createMetrics({ processMetrics: false }))
  const link = await createNatsLink(config.cluster.bus, config.cluster, { ...deps, cluster })
  const bus = createSharedBus({ ...deps, metrics }, { kind: 'nats', link })
  afterTest(t, () => bus[Symbol.asyncDispose]())
  return bus
}

async function startBus(t: TestContext, given: Given): Promise<ServerBus> {
  const bus = await makeBus(t, given)
  await bus.start()
  return bus
}

async function assertJoined(one: ServerBus, other: ServerBus): Promise<void> {
  const heard = listen(other, ['delivery'])
  one.publish('delivery', [1])
  await eventually(() => heard.some(([, message]) => message !== undefined))
}

const isFault = (text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ConfigError, String(error))
  assert.match(error.message, text)
  return true
}

function fileWith(t: TestContext, text: string): string {
  const file = join(temporaryFolder(t), 'secret')
  writeFileSync(file, text)
  return file
}

describe('the bus of NATS', { skip: noNats }, () => {
  test('carries messages between processes of one cluster, and not to another cluster', async (t) => {
    const { url: bus } = await startNatsServer(t)
    const [one, other] = [await startBus(t, { bus }), await startBus(t, { bus })]
    const stranger = await startBus(t, { bus, cluster: 'another' })
    const strange = listen(stranger, ['delivery'])
    await assertJoined(one, other)
    assert.deepEqual(strange, [])
  })

  test('connects to any of several servers', async (t) => {
    const { port } = await startNatsServer(t)
    const bus = `nats://127.0.0.1:${await freePort()},127.0.0.1:${port}`
    const [one, other] = [await startBus(t, { bus }), await startBus(t, { bus })]
    await eventually(() => one.health().connected && other.health().connected)
    await assertJoined(one, other)
  })

  test('starts without NATS, and connects when NATS is there', async (t) => {
    const server = await startNatsServer(t)
    await server.stop()
    const [one, other] = [await startBus(t, { bus: server.url }), await startBus(t, { bus: server.url })]
    assert.equal(one.health().connected, false)
    const heard = listen(one, ['user:a'])
    await server.restart()
    await eventually(() => one.health().connected && other.health().connected)
    assert.ok(heard.length > 0)
    await assertJoined(one, other)
  })

  test('connects again after a network that swallowed everything', async (t) => {
    const server = await startNatsServer(t)
    const proxy = await startTcpProxy(t, { port: server.port, host: '127.0.0.1' })
    const one = await startBus(t, { bus: server.url })
    const other = await startBus(t, { bus: `nats://127.0.0.1:${proxy.port}` })
    proxy.freeze()
    await eventually(() => !other.health().connected)
    proxy.mend()
    await eventually(() => other.health().connected)
    await assertJoined(one, other)
  })

  test('logs in with a user and a password, or with a token', async (t) => {
    const users = await startNatsServer(t, 'authorization { user: belfry, password: "pa ss" }')
    const env = {
      BELFRY_CLUSTER_NATS_USER: 'belfry',
      BELFRY_CLUSTER_NATS_PASSWORD_FILE: fileWith(t, 'pa ss\n'),
    }
    const [one, other] = [
      await startBus(t, { bus: users.url, env }),
      await startBus(t, { bus: users.url, env }),
    ]
    await assertJoined(one, other)
    const tokens = await startNatsServer(t, 'authorization { token: "a-token" }')
    const bus = await startBus(t, {
      bus: tokens.url,
      env: { BELFRY_CLUSTER_NATS_TOKEN_FILE: fileWith(t, 'a-token') },
    })
    assert.equal(bus.health().connected, true)
  })

  test('logs in with a credentials file of an account', async (t) => {
    const { settings, credentials } = createNatsAccount()
    const { url } = await startNatsServer(t, settings)
    const env = { BELFRY_CLUSTER_NATS_CREDS_FILE: fileWith(t, credentials) }
    await assertJoined(await startBus(t, { bus: url, env }), await startBus(t, { bus: url, env }))
    const stranger = { BELFRY_CLUSTER_NATS_CREDS_FILE: fileWith(t, createNatsAccount().credentials) }
    const refused = await makeBus(t, { bus: url, env: stranger })
    await assert.rejects(
      refused.start(),
      isFault(/NATS refuses the user, password, token or credentials file$/),
    )
  })

  test('refuses to start with wrong credentials, and the error does not contain them', async (t) => {
    const { url: bus } = await startNatsServer(t, 'authorization { token: "a-token" }')
    const wrong = await makeBus(t, {
      bus,
      env: { BELFRY_CLUSTER_NATS_TOKEN_FILE: fileWith(t, 'wrong-secret') },
    })
    await assert.rejects(
      wrong.start(),
      isFault(/^"cluster\.bus": NATS refuses the user, password, token or credentials file$/),
    )
  })

  test('encrypts with tls://, and refuses to start if the certificate is not trusted', async (t) => {
    const server = await startNatsServer(
      t,
      `tls { cert_file: "${fileWith(t, LOOPBACK_CERTIFICATE)}", key_file: "${fileWith(t, LOOPBACK_KEY)}" }`,
    )
    const bus = `tls://127.0.0.1:${server.port}`
    const env = { BELFRY_CLUSTER_NATS_CA: fileWith(t, LOOPBACK_CERTIFICATE) }
    await assertJoined(await startBus(t, { bus, env }), await startBus(t, { bus, env }))
    const trusting = await makeBus(t, { bus })
    await assert.rejects(trusting.start(), isFault(/certificate of NATS is not trusted .*cluster\.nats_ca/))
  })
})
