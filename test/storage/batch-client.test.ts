import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { BatchClient } from '../../src/storage/batch-client.ts'
import type { Statement } from '../../src/storage/postgres-queries.ts'
import { afterTest } from '../support/after-test.ts'
import { clusterUrl, emptyPostgresUrl } from '../support/databases.ts'

const url = clusterUrl()
const skip = typeof url === 'string' ? false : url.missing

async function connect(t: TestContext): Promise<BatchClient> {
  const client = new BatchClient({
    connectionString: await emptyPostgresUrl(url as string),
    pipeline: true,
  })
  await client.connect()
  afterTest(t, () => client.end())
  await client.query('create table notes (id int primary key, text text)')
  return client
}

/** A prepared statement. */
const named = (name: string, text: string, values: Statement['values'] = []): Statement => ({
  name,
  text,
  values,
  reads: false,
})
const insert = (id: number, text: string | null) =>
  named('insert', 'insert into notes (id, text) values ($1, $2) returning id, text', [id, text])
const all = named('all', 'select id, text from notes order by id')
const idsOf = (client: BatchClient) =>
  client.send(all).then(({ rows }) => rows.map((row) => (row as { id: number }).id))

/** The calls of the driver that write one message of the protocol. */
function watchMessages(t: TestContext, { connection }: BatchClient) {
  const of = (name: 'sync' | 'parse' | 'describe') => t.mock.method(connection, name).mock
  const [syncs, parses, describes] = [of('sync'), of('parse'), of('describe')]
  return {
    take() {
      const counts = [syncs, parses, describes].map((mock) => mock.callCount())
      for (const mock of [syncs, parses, describes]) mock.resetCalls()
      return { batches: counts[0], parsed: counts[1], described: counts[2] }
    },
  }
}

const outcomes = (results: readonly PromiseSettledResult<unknown>[]) =>
  results.map((result) => (result.status === 'fulfilled' ? 'ok' : (result.reason as { code?: string }).code))

describe('a connection with batches', { skip }, () => {
  test('sends the statements of one turn of the event loop together, and each gets its own result', async (t) => {
    const client = await connect(t)
    const messages = watchMessages(t, client)
    const [began, ...results] = await Promise.all([
      client.send('begin'),
      client.send(insert(1, 'ünï 🦇')),
      client.send(insert(2, null)),
      client.send(named('update', 'update notes set text = $1', ['both'])),
      client.send('commit'),
    ])
    assert.deepEqual(results, [
      { command: 'INSERT', rowCount: 1, rows: [{ id: 1, text: 'ünï 🦇' }] },
      { command: 'INSERT', rowCount: 1, rows: [{ id: 2, text: null }] },
      { command: 'UPDATE', rowCount: 2, rows: [] },
      { command: 'COMMIT', rowCount: 0, rows: [] },
    ])
    assert.equal(began.command, 'BEGIN')
    assert.equal(messages.take().batches, 1)
    assert.deepEqual(await idsOf(client), [1, 2])
  })

  test('prepares a named statement once, and asks for its columns until it knows them', async (t) => {
    const client = await connect(t)
    const messages = watchMessages(t, client)
    await Promise.all([client.send(insert(1, 'a')), client.send(insert(2, 'b'))])
    assert.deepEqual(messages.take(), { batches: 1, parsed: 1, described: 2 })
    const { rows } = await client.send(insert(3, 'c'))
    assert.deepEqual(rows, [{ id: 3, text: 'c' }])
    assert.deepEqual(messages.take(), { batches: 1, parsed: 0, described: 0 })
  })

  test('rejects the statements behind one that fails with its error, and runs none of them', async (t) => {
    const client = await connect(t)
    const failing = [insert(1, 'a'), insert(1, 'again'), insert(2, 'b')].map((one) => client.send(one))
    const [, second, third] = await Promise.allSettled(failing)
    assert.deepEqual(outcomes([second as never, third as never]), ['23505', '23505'])
    assert.deepEqual(await idsOf(client), [])
  })

  test('in a transaction keeps what ran before the failed statement until the rollback', async (t) => {
    const client = await connect(t)
    await Promise.all(['begin', insert(1, 'a'), 'savepoint w'].map((one) => client.send(one)))
    const failed = await Promise.allSettled([insert(1, 'again'), 'commit'].map((one) => client.send(one)))
    assert.deepEqual(outcomes(failed), ['23505', '23505'])
    await Promise.all(['rollback to w', insert(2, 'b'), 'commit'].map((one) => client.send(one)))
    assert.deepEqual(await idsOf(client), [1, 2])
  })

  test('prepares again what a failed batch may not have prepared', async (t) => {
    const client = await connect(t)
    await client.send('begin')
    // The first is prepared, and fails when it runs. The second is skipped.
    const failing = [named('divide', 'select 1 / $1::int as n', [0]), all].map((one) => client.send(one))
    assert.deepEqual(outcomes(await Promise.allSettled(failing)), ['22012', '22012'])
    // Sent before the errors were known: the transaction has failed.
    await client.send('rollback')
    assert.deepEqual((await client.send(named('divide', 'select 1 / $1::int as n', [1]))).rows, [{ n: 1 }])
    assert.deepEqual(await idsOf(client), [])
  })

  test('rejects all statements when the connection is lost, and all that follow', async (t) => {
    const client = await connect(t)
    client.on('error', () => undefined)
    const waiting = ['select pg_sleep(60)', all].map((one) => client.send(one))
    setImmediate(() => client.connection.stream.destroy())
    for (const { status } of await Promise.allSettled(waiting)) assert.equal(status, 'rejected')
    await assert.rejects(client.send(all))
  })

  test('rejects a result that cannot be read, and continues with the next', async (t) => {
    const client = await connect(t)
    t.mock.method(client, 'getTypeParser', () => () => {
      throw new Error('unreadable')
    })
    const [unreadable, next] = await Promise.allSettled([
      client.send('select 1 as n'),
      client.send('select null as n'),
    ])
    assert.equal(unreadable?.status, 'rejected')
    assert.deepEqual(next?.status === 'fulfilled' && next.value.rows, [{ n: null }])
  })
})
