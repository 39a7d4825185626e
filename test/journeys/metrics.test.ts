import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadGatewayConfig } from '../../src/config/gateway-file.ts'
import { createGatewayApp } from '../../src/gateway-app.ts'
import { freePort } from '../support/free-port.ts'
import { afterTest } from '../support/after-test.ts'
import { checkedResponses } from '../support/response-check.ts'
import { call } from '../support/client.ts'
import { newDataFolder } from '../support/databases.ts'
import { silentLog } from '../support/log.ts'
import { startTestServer } from '../support/server.ts'

test('metrics.listen serves the metrics of a server only on that address', async (t) => {
  const port = await freePort()
  const server = await startTestServer(t, { env: { BELFRY_METRICS_LISTEN: `127.0.0.1:${port}` } })
  const { status, body } = await call(`http://127.0.0.1:${port}/metrics`)
  assert.equal(status, 200)
  assert.match(String(body['text']), /^belfry_build_info/m)
  assert.equal((await call(`${server.url}/metrics`)).status, 404)
  await server.close()
  await assert.rejects(call(`http://127.0.0.1:${port}/metrics`), 'the listener closes with the server')
})

test('without metrics.listen, metrics are served on the address for clients', async (t) => {
  const server = await startTestServer(t)
  assert.equal((await call(`${server.url}/metrics`)).status, 200)
})

test('metrics.listen in the file of a gateway serves its metrics only on that address', async (t) => {
  const data = newDataFolder(t)
  const port = await freePort()
  const file = join(data, 'gateway.yaml')
  writeFileSync(
    file,
    `http: {port: 0}\nmetrics: {listen: "127.0.0.1:${port}"}\napps: {up: {type: unifiedpush}}\n`,
  )
  const config = loadGatewayConfig({ argv: ['--config', file, '--data', data], env: {} })
  const app = await createGatewayApp(config, { log: silentLog, onResponse: checkedResponses(t) })
  afterTest(t, () => app.close())
  const { url } = await app.listen()
  assert.equal((await call(`http://127.0.0.1:${port}/metrics`)).status, 200)
  assert.equal((await call(`${url}/metrics`)).status, 404)
  assert.equal((await call(`${url}/health`)).status, 200)
})
