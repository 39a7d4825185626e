import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { writeFileSync } from 'node:fs'
import { openDatabase } from '../../src/storage/open-database.ts'
import { query } from '../../src/storage/query.ts'
import { afterTest } from '../support/after-test.ts'
import { clusterUrl, newPostgresUrl, temporaryFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog } from '../support/log.ts'
import { type Launched, launchBelfry } from '../support/process.ts'

const DEVICES = 6
const EVENTS = 5
const KILLS = 4
/** So many events are in the queue before they are sent. */
const WAITING = DEVICES * (EVENTS - 1)

const left = query()((db) =>
  db
    .selectFrom('lanes')
    .where('kind', '=', 'push')
    .select((eb) => eb.fn.countAll<number>().as('lanes')),
)

/**
 * A UnifiedPush server that is busy at first. Then it takes messages. Those of the queue it takes once the test has called `arm`, and it kills the
 * gateway in the middle of each sixth of their exchanges.
 */
async function startPushServer(t: TestContext) {
  const armed = Promise.withResolvers<void>()
  const state = { isBusy: true, kills: 0, ofQueue: 0, taken: [] as { device: string; eventId: string }[] }
  let onKill: () => void = () => undefined
  async function take(device: string, eventId: string): Promise<boolean> {
    const isOfQueue = Number(eventId.slice(1)) < WAITING
    if (isOfQueue) await armed.promise
    state.taken.push({ device, eventId })
    if (!isOfQueue || ++state.ofQueue % 6 !== 0 || state.kills >= KILLS) return true
    state.kills++
    onKill()
    return false
  }
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    request.on('error', () => undefined)
    request.on('end', () => {
      if (state.isBusy) return void response.writeHead(429).end()
      const { notification } = JSON.parse(text) as { notification: { event_id: string } }
      void take(request.url ?? '', notification.event_id).then(
        (isTaken) => isTaken && response.writeHead(201).end(),
      )
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterTest(t, () => {
    server.close()
    server.closeAllConnections()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { state, url, arm: armed.resolve, onKill: (listener: () => void) => (onKill = listener) }
}

async function survive(t: TestContext, database: (folder: string) => string): Promise<void> {
  const folder = temporaryFolder(t)
  const config = join(folder, 'gateway.yaml')
  writeFileSync(config, 'http: {port: 0}\nrate_limits: {enabled: false}\napps: {up: {type: unifiedpush}}\n')
  const url = database(folder)
  const args = ['gateway', '--config', config, '--data', folder, '--database', url]
  const launch = () => launchBelfry([...args, '--log-level', 'error', '--allow-push-to', '127.0.0.1'])
  const push = await startPushServer(t)
  let current: Launched = launch()
  afterTest(t, () => current.end('SIGKILL'))
  const first = await current.ready
  const notify = async (url: string, n: number) => {
    const devices = [{ app_id: 'up', pushkey: `${push.url}/${n % DEVICES}` }]
    const notification = { event_id: `$${n}`, room_id: '!r', devices }
    const options = { method: 'POST', body: JSON.stringify({ notification }) }
    assert.equal((await fetch(`${url}/_matrix/push/v1/notify`, options)).status, 200)
  }
  for (let n = 0; n < WAITING; n++) await notify(first, n)
  let isRestarted = Promise.resolve()
  push.onKill(() => {
    isRestarted = current.end('SIGKILL').then(async () => {
      current = launch()
      await current.ready
    })
  })
  // The provider remembers in memory, for a minute, that the push server was busy.
  await current.end('SIGKILL')
  push.state.isBusy = false
  current = launch()
  const second = await current.ready
  // What is delivered makes all due that waits for its device.
  for (let n = 0; n < DEVICES; n++) await notify(second, WAITING + n)
  push.arm()
  const events = () => new Set(push.state.taken.map(({ eventId }) => eventId))
  await eventually(() => events().size === DEVICES * EVENTS && push.state.kills === KILLS)
  await isRestarted
  assert.equal(await current.end('SIGTERM'), 0)
  // A device is sent one at a time, so that at most one exchange of each is cut off by a kill, and done once more.
  for (const [device, taken] of Map.groupBy(push.state.taken, (one) => one.device))
    assert.ok(taken.length <= EVENTS + KILLS, `${taken.length} messages for ${device}`)
  await using after = await openDatabase(url, silentLog)
  assert.deepEqual(await after.all(left, {}), [{ lanes: 0 }])
}

test('a gateway on sqlite that is killed again and again loses nothing of its queue, and repeats only what was in flight', (t) =>
  survive(t, (folder) => `sqlite:${join(folder, 'belfry.db')}`))

const cluster = clusterUrl()

test(
  'a gateway on postgres that is killed again and again loses nothing of its queue, and repeats only what was in flight',
  { skip: typeof cluster === 'string' ? false : cluster.missing },
  async (t) => {
    const url = await newPostgresUrl(cluster as string)
    await survive(t, () => url)
  },
)
