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
import { clusterUrl, newPostgresUrl, newDataFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog } from '../support/log.ts'
import { type Launched, launchBelfry } from '../support/process.ts'

const DEVICES = 6
const EVENTS = 5
const KILLS = 2
/** This number of events is queued before any is sent. */
const WAITING = DEVICES * (EVENTS - 1)

const countLanes = query()((db) =>
  db
    .selectFrom('lanes')
    .where('kind', '=', 'push')
    .select((eb) => eb.fn.countAll<number>().as('lanes')),
)

/**
 * A UnifiedPush server that returns 429 at first. Later it accepts messages. It responds to those from the
 * queue after the test has called `arm`, and kills the gateway during every sixth of these requests.
 */
async function startPushServer(t: TestContext) {
  const armed = Promise.withResolvers<void>()
  const state = {
    isBusy: true,
    kills: 0,
    fromQueue: 0,
    accepted: [] as { device: string; eventId: string }[],
  }
  let onKill: () => void = () => undefined
  async function accept(device: string, eventId: string): Promise<boolean> {
    const isFromQueue = Number(eventId.slice(1)) < WAITING
    if (isFromQueue) await armed.promise
    state.accepted.push({ device, eventId })
    if (!isFromQueue || ++state.fromQueue % 6 !== 0 || state.kills >= KILLS) return true
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
      void accept(request.url ?? '', notification.event_id).then(
        (isAccepted) => isAccepted && response.writeHead(201).end(),
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

async function killRepeatedly(t: TestContext, database: (folder: string) => string): Promise<void> {
  const folder = newDataFolder(t)
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
  // The provider keeps the 429 in memory for a minute. A new process does not.
  await current.end('SIGKILL')
  push.state.isBusy = false
  current = launch()
  const second = await current.ready
  // A delivery makes all queued notifications of the device due.
  for (let n = 0; n < DEVICES; n++) await notify(second, WAITING + n)
  push.arm()
  const events = () => new Set(push.state.accepted.map(({ eventId }) => eventId))
  await eventually(() => events().size === DEVICES * EVENTS && push.state.kills === KILLS)
  await isRestarted
  assert.equal(await current.end('SIGTERM'), 0)
  // A device has one request at a time, so a kill interrupts at most one request of each device, which is
  // then repeated.
  for (const [device, accepted] of Map.groupBy(push.state.accepted, (one) => one.device))
    assert.ok(accepted.length <= EVENTS + KILLS, `${accepted.length} messages for ${device}`)
  await using after = await openDatabase(url, silentLog)
  assert.deepEqual(await after.all(countLanes, {}), [{ lanes: 0 }])
}

test('a gateway on sqlite that is killed again and again loses nothing of its queue, and repeats only requests in flight', (t) =>
  killRepeatedly(t, (folder) => `sqlite:${join(folder, 'belfry.db')}`))

const cluster = clusterUrl()

test(
  'a gateway on postgres that is killed again and again loses nothing of its queue, and repeats only requests in flight',
  { skip: typeof cluster === 'string' ? false : cluster.missing },
  async (t) => {
    const url = await newPostgresUrl(cluster as string)
    await killRepeatedly(t, () => url)
  },
)
