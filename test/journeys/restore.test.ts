import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { chmod, cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Client } from 'pg'
import { afterTest } from '../support/after-test.ts'
import { call, foundingPusher, loginUser, registerUser, type TestUser } from '../support/client.ts'
import { clusterUrl, emptyPostgresUrl, newPostgresUrl, temporaryFolder } from '../support/databases.ts'
import { fetchMedia, upload } from '../support/media.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { runBelfry } from '../support/process.ts'
import { runHere } from '../support/run-command.ts'
import {
  ACCESS_KEY,
  noS3,
  type S3Server,
  s3Settings,
  SECRET_KEY,
  startS3Server,
} from '../support/s3-server.ts'
import { startTestServer } from '../support/server.ts'
import { onEachServerDatabase } from '../support/server-databases.ts'

const cluster = clusterUrl()
const noPostgres = typeof cluster === 'string' ? false : cluster.missing

async function mustRun(args: readonly string[]): Promise<string> {
  const { code, out, err } = await runHere(args)
  assert.equal(code, 0, out + err)
  return out
}

/** As this user, at another server. */
const ask = (base: string, { token }: TestUser, path: string) =>
  call(`${base}/_matrix/client/v3${path}`, { token })

onEachServerDatabase('a restored server', (flagsOf) => {
  test('sends what waited at the time of the backup, refuses a later token, and serves files that were restored apart', async (t) => {
    const gateway = await startPokeReceiver(t)
    gateway.respondWith({ status: 503 })
    const flags = await flagsOf(t)
    const first = await startTestServer(t, { flags })
    const [alice, bob] = [await registerUser(first.url, 'alice'), await registerUser(first.url, 'bob')]
    const roomId = await bob.createRoom()
    await alice.post(`/join/${encodeURIComponent(roomId)}`)
    await alice.post('/pushers/set', foundingPusher(gateway.url))
    const file = await upload(first.url, bob, { body: 'a file', type: 'text/plain' })
    const waiting = await bob.say(roomId, 'waiting')
    await gateway.waitFor((poke) => poke.event_id === waiting)
    const folder = join(temporaryFolder(t), 'backup')
    await mustRun(['backup', folder, '--without-media', '--data', first.data, ...flags])
    assert.equal(existsSync(join(folder, 'media')), false)
    const later = await loginUser(first.url, 'alice')
    const lost = await bob.say(roomId, 'after the backup')
    await first.close()

    const data = join(temporaryFolder(t), 'data')
    const to = flags.length === 0 ? [] : ['--database', await emptyPostgresUrl(cluster as string)]
    await mustRun(['restore', folder, '--data', data, ...to])
    assert.equal((await runHere(['verify', '--data', data, ...to])).code, 1)
    await cp(join(first.data, 'media'), join(data, 'media'), { recursive: true })
    await mustRun(['verify', '--data', data, ...to])
    gateway.respondWith({})
    const before = gateway.pokes.length
    const second = await startTestServer(t, { data, flags: to })
    await gateway.waitFor((poke) => gateway.pokes.indexOf(poke) >= before && poke.event_id === waiting)
    assert.equal((await ask(second.url, alice, '/account/whoami')).status, 200)
    const refused = await ask(second.url, later, '/account/whoami')
    assert.deepEqual([refused.status, refused.body['errcode']], [401, 'M_UNKNOWN_TOKEN'])
    const path = `/rooms/${encodeURIComponent(roomId)}/event/${encodeURIComponent(lost)}`
    assert.equal((await ask(second.url, alice, path)).status, 404)
    assert.equal(await (await fetchMedia(second.url, bob, `download/${file}`)).text(), 'a file')
    assert.deepEqual(
      gateway.pokes.slice(before).map((poke) => poke.event_id),
      [waiting],
    )
  })
})

async function configOf(t: TestContext, { url, bucket }: S3Server): Promise<string> {
  const file = join(temporaryFolder(t), 'belfry.json')
  const media = {
    s3_endpoint: url,
    s3_bucket: bucket,
    s3_access_key: ACCESS_KEY,
    s3_secret_key: SECRET_KEY,
    s3_prefix: 'belfry/',
  }
  await writeFile(file, JSON.stringify({ media }))
  return file
}

test(
  'files of an S3 store are in the backup, and a restore writes them into another bucket',
  { skip: noS3 },
  async (t) => {
    const [from, to] = [await startS3Server(t), await startS3Server(t)]
    const first = await startTestServer(t, { env: s3Settings(from) })
    const alice = await registerUser(first.url, 'alice')
    const file = await upload(first.url, alice, { body: 'in a bucket', type: 'text/plain' })
    const folder = join(temporaryFolder(t), 'backup')
    await mustRun(['backup', folder, '--data', first.data, '--config', await configOf(t, from)])
    await mustRun(['verify', '--data', first.data, '--config', await configOf(t, from)])
    await first.close()
    await from.stop()
    const data = join(temporaryFolder(t), 'data')
    const config = await configOf(t, to)
    await mustRun(['restore', folder, '--data', data, '--config', config])
    await mustRun(['verify', '--data', data, '--config', config])
    const second = await startTestServer(t, { data, env: s3Settings(to) })
    assert.equal(await (await fetchMedia(second.url, alice, `download/${file}`)).text(), 'in a bucket')
    await second.close()
    // An object that no row names.
    await using store = await putObject(to, 'stray')
    const { code, out } = await runHere(['verify', '--data', data, '--config', config])
    assert.equal(code, 1, store.key)
    assert.match(out, /FAULT files in the store that no row names: stray\n/)
  },
)

async function putObject({ url, bucket }: S3Server, key: string) {
  const { createS3Blobs } = await import('../../src/media/s3/s3-blobs.ts')
  const { systemClock } = await import('../../src/lib/clock.ts')
  const blobs = createS3Blobs({
    endpoint: url,
    bucket,
    prefix: 'belfry/',
    region: 'us-east-1',
    accessKey: ACCESS_KEY,
    secretKey: SECRET_KEY,
    pathStyle: true,
    uploadBuffers: 1,
    clock: systemClock,
  })
  const writer = await blobs.begin(key, 3)
  await writer.write(Buffer.from('old'))
  await writer.keep()
  return { key, [Symbol.asyncDispose]: () => blobs[Symbol.asyncDispose]() }
}

test(
  'a restore that is killed after pg_restore leaves a database that no server opens, and starts over when it is run again',
  { skip: noPostgres },
  async (t) => {
    const flags = ['--database', await newPostgresUrl(cluster as string)]
    const first = await startTestServer(t, { flags })
    const alice = await registerUser(first.url, 'alice')
    const roomIds = [await alice.createRoom(), await alice.createRoom(), await alice.createRoom()]
    const folder = join(temporaryFolder(t), 'backup')
    await mustRun(['backup', folder, '--data', first.data, ...flags])
    // Positions that a client knows, and that the backup does not have.
    for (const roomId of roomIds) await alice.say(roomId, 'lost')
    const since = encodeURIComponent(String((await alice.get('/sync?timeout=0'))['next_batch']))
    await first.close()
    // It restores all, and kills its parent before that goes on.
    const tools = join(temporaryFolder(t), 'bin')
    await mkdir(tools)
    const script = `#!/bin/sh\nPATH='${process.env['PATH'] ?? ''}' pg_restore "$@"\nkill -9 $PPID\n`
    await writeFile(join(tools, 'pg_restore'), script)
    await chmod(join(tools, 'pg_restore'), 0o755)
    const url = await emptyPostgresUrl(cluster as string)
    const to = ['--data', join(temporaryFolder(t), 'data'), '--database', url]
    const killed = await runBelfry(t, ['restore', folder, ...to], {
      through: ['env', `PATH=${tools}:${process.env['PATH'] ?? ''}`],
    })
    assert.equal(killed.signal, 'SIGKILL')
    const refused = await runHere(['verify', ...to])
    assert.equal(refused.code, 1)
    assert.match(refused.err, /is incomplete: belfry restore has not finished\. Run it again/)
    await mustRun(['restore', folder, ...to])
    await mustRun(['verify', ...to])
    const client = new Client({ connectionString: url })
    await client.connect()
    afterTest(t, () => client.end())
    const { rows } = await client.query<{ last: string }>('select last_value as last from stream_positions')
    assert.ok(Number(rows[0]?.last) > 1_000_000_000)
    const second = await startTestServer(t, { flags: to.slice(2) })
    assert.equal((await ask(second.url, alice, '/account/whoami')).status, 200)
    // Each shard continues, and a sync token of the first server stays valid.
    assert.equal((await client.query('select id from stream')).rowCount, 16)
    for (const roomId of roomIds) {
      const path = `${second.url}/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/1`
      const body = { msgtype: 'm.text', body: 'x' }
      const sent = await call(path, { method: 'PUT', token: alice.token, body })
      const sync = await ask(second.url, alice, `/sync?timeout=0&since=${since}`)
      assert.ok(JSON.stringify(sync.body).includes(String(sent.body['event_id'])))
    }
  },
)
