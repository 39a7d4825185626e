import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { Client } from 'pg'
import { createBusMetrics } from '../../src/cluster/bus-metrics.ts'
import { createPostgresLink } from '../../src/cluster/postgres-link.ts'
import { createSharedBus, type ServerBus } from '../../src/cluster/shared-bus.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { systemRandom } from '../../src/lib/ids.ts'
import { createMetrics } from '../../src/lib/metrics.ts'
import { afterTest } from '../support/after-test.ts'
import { clusterUrl, newPostgresUrl } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog } from '../support/log.ts'
import { listen } from './shared-bus-fixture.ts'

const cluster = clusterUrl()

async function startBus(t: TestContext, url: string): Promise<ServerBus> {
  const deps = { clock: systemClock, random: systemRandom, log: silentLog }
  const metrics = createBusMetrics(createMetrics({ processMetrics: false }))
  const bus = createSharedBus({ ...deps, metrics }, { kind: 'postgres', link: createPostgresLink(url, deps) })
  afterTest(t, () => bus[Symbol.asyncDispose]())
  await bus.start()
  return bus
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query(text)
  await client.end()
  return rows
}

const listeners = `select pid from pg_stat_activity where application_name = 'belfry_bus' and datname = current_database()`

describe('the bus of PostgreSQL', { skip: typeof cluster === 'string' ? false : cluster.missing }, () => {
  test('carries messages between processes on one database, of any size, and not to another database', async (t) => {
    const url = await newPostgresUrl(cluster as string)
    const [one, other] = [await startBus(t, url), await startBus(t, url)]
    const stranger = await startBus(t, await newPostgresUrl(cluster as string))
    const heard = listen(other, ['delivery', 'room:!"\\\'ü:localhost'])
    const strange = listen(stranger, ['delivery'])
    const many = Array.from({ length: 1000 }, (_, at) => at)
    one.publish('delivery', many)
    one.publish('room:!"\\\'ü:localhost')
    await eventually(() => heard.length === 2)
    assert.deepEqual(heard, [
      ['delivery', many],
      ['room:!"\\\'ü:localhost', undefined],
    ])
    assert.deepEqual(strange, [])
  })

  test('connects again when PostgreSQL ends its connection, and then calls all listeners', async (t) => {
    const url = await newPostgresUrl(cluster as string)
    const [one, other] = [await startBus(t, url), await startBus(t, url)]
    const heard = listen(other, ['user:a'])
    await query(url, `select pg_terminate_backend(pid) from (${listeners}) as l`)
    await eventually(() => heard.length > 0)
    await eventually(() => one.health().connected && other.health().connected)
    heard.length = 0
    one.publish('user:a')
    await eventually(() => heard.length > 0)
  })

  test('closes its connection at the end', async (t) => {
    const url = await newPostgresUrl(cluster as string)
    const bus = await startBus(t, url)
    assert.equal((await query(url, listeners)).length, 1)
    await bus[Symbol.asyncDispose]()
    await eventually(async () => (await query(url, listeners)).length === 0)
  })
})
