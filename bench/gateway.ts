import { createECDH, generateKeyPairSync, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Pool } from 'undici'
import { encryptPush } from '../src/gateway/webpush/encrypt.ts'
import type { Benchmark, Report } from './benchmark.ts'
import type { RelayTo } from './gateway-relay.ts'
import { monotonicMs } from './support/monotonic.ts'
import { cpuMs, launch, type Program, residentMiB, temporaryFolder } from './support/processes.ts'
import { medianOf, rounded } from './support/stats.ts'
import { figure, percent, type Table } from './support/table.ts'
import { atLeast } from './support/target.ts'

/** Concurrent calls, each for one device. */
const CONNECTIONS = 64
const DEVICES = 1000
const ROUNDS = 5
const ROUND_MS = 1500
const WARM_UP_MS = 1500
const REMEMBERED = 100_000
const MIN_SHARE_OF_FLOOR = 1 / 2
/** Of the encryptions that one core does without other work. */
const MIN_SHARE_OF_CRYPTOGRAPHY = 0.9

const here = (...names: string[]) => join(import.meta.dirname, ...names)

type Kind = { name: string; app: string; relay: Program; device: (n: number) => object }
type Round = { perSecond: number; cpuMicros: number }

export const gateway: Benchmark = {
  name: 'gateway',
  about: 'notifications per second of each provider of the push gateway, compared with a bare relay',
  method: [
    '`belfry gateway` with a fake provider in another process for each of APNs (HTTP/2 with TLS), FCM, Web Push and UnifiedPush; 64 concurrent calls of `/notify`, each a new event for one of 1,000 devices.',
    'The floor (`bench/gateway-relay.ts`) sends one fixed message for each call, with a token created before, and parses and stores nothing. Web Push is compared with the rate at which one core encrypts.',
  ],
  async run({ cpuProfiles }) {
    using data = temporaryFolder()
    await using stack = new AsyncDisposableStack()
    const kinds = await prepare(data.path, stack)
    const args = ['gateway', '--config', join(data.path, 'gateway.yaml'), '--data', data.path]
    const more = ['--listen', '127.0.0.1:0', '--allow-push-to', '127.0.0.0/8', '--log-level', 'warn']
    const profiling = cpuProfiles === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', cpuProfiles]
    const belfry = stack.use(await launch([...profiling, here('..', 'bin', 'belfry'), ...args, ...more]))
    const load = createLoad()
    const found = []
    for (const kind of kinds) found.push({ kind: kind.name, ...(await compare(kind, belfry, load)) })
    const memory = await remember(kinds[0] as Kind, belfry, load)
    return report(found, { ...memory, encryptionsPerSecond: encryptionsPerSecond() })
  },
}

async function prepare(folder: string, stack: AsyncDisposableStack): Promise<Kind[]> {
  const support = (name: string) => here('..', 'test', 'support', name)
  const apns = stack.use(await launch([support('fake-apns-process.ts'), folder]))
  const fcm = stack.use(await launch([support('fake-fcm-process.ts'), folder]))
  const sink = stack.use(await launch([here('support', 'sink-process.ts')]))
  const apple = (await (await fetch(apns.url)).json()) as { url: string; keyId: string; teamId: string }
  const [ca, key, account] = ['apns-ca.pem', 'apns.p8', 'service-account.json'].map((name) =>
    join(folder, name),
  )
  const { vapidFile, subscription } = webPush(folder)
  const apps = {
    apns: {
      type: 'apns',
      keyfile: key,
      key_id: apple.keyId,
      team_id: apple.teamId,
      topic: 'org.example.app',
      base_url: apple.url,
      ca_file: ca,
      convert_device_token_to_hex: false,
    },
    gcm: { type: 'gcm', project_id: 'example-1a2b3', service_account_file: account, base_url: fcm.url },
    webpush: { type: 'webpush', vapid_private_key: vapidFile, vapid_contact_email: 'bench@example.org' },
    unifiedpush: { type: 'unifiedpush' },
  }
  const settings = { rate_limits: { enabled: false }, apps }
  writeFileSync(join(folder, 'gateway.yaml'), JSON.stringify(settings))
  const relayTo = async (to: RelayTo) =>
    stack.use(await launch([here('gateway-relay.ts'), JSON.stringify(to)]))
  const hex = (n: number) => n.toString(16).padStart(64, 'a')
  const http = await relayTo({ kind: 'http', url: sink.url })
  return [
    {
      name: 'APNs',
      app: 'apns',
      relay: await relayTo({ ...apple, kind: 'apns', ca: ca ?? '', key: key ?? '' }),
      device: (n) => ({ pushkey: hex(n) }),
    },
    {
      name: 'FCM',
      app: 'gcm',
      relay: await relayTo({ kind: 'gcm', url: fcm.url, account: account ?? '' }),
      device: (n) => ({ pushkey: `device-${n}` }),
    },
    {
      name: 'Web Push',
      app: 'webpush',
      relay: http,
      device: (n) => ({
        pushkey: subscription.p256dh,
        data: { endpoint: `${sink.url}/${n}`, auth: subscription.auth, events_only: true },
      }),
    },
    {
      name: 'UnifiedPush',
      app: 'unifiedpush',
      relay: http,
      device: (n) => ({ pushkey: `${sink.url}/${n}` }),
    },
  ]
}

function webPush(folder: string) {
  const subscriber = createECDH('prime256v1')
  subscriber.generateKeys()
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const vapidFile = join(folder, 'vapid.pem')
  writeFileSync(vapidFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  const subscription = {
    p256dh: subscriber.getPublicKey('base64url'),
    auth: randomBytes(16).toString('base64url'),
  }
  return { vapidFile, subscription }
}

type Load = ReturnType<typeof createLoad>

function createLoad() {
  let next = 0
  const bodyOf = ({ app, device }: Kind) => {
    const n = next++
    return JSON.stringify({
      notification: {
        event_id: `$event-${n}`,
        room_id: '!room:example.org',
        type: 'm.room.message',
        prio: 'high',
        sender: '@bob:example.org',
        sender_display_name: 'Bob',
        room_name: 'The office',
        content: { msgtype: 'm.text', body: 'Ding dong, it is time' },
        counts: { unread: 3 },
        devices: [{ app_id: app, pushkey_ts: 1_700_000_000, ...device(n % DEVICES) }],
      },
    })
  }
  /** Sends for a time, or a number of notifications. Resolves to the number accepted and the time taken. */
  return async (kind: Kind, to: Program, until: { ms: number } | { count: number }) => {
    await using pool = new DisposablePool(to.url)
    const startedAt = monotonicMs()
    let done = 0
    let started = 0
    const isRunning = () => ('ms' in until ? monotonicMs() - startedAt < until.ms : started < until.count)
    const sendInTurn = async () => {
      while (isRunning()) {
        started++
        const response = await pool.request(bodyOf(kind))
        if (response !== '{"rejected":[]}') throw new Error(`${kind.name}: ${response}`)
        done++
      }
    }
    await Promise.all(Array.from({ length: CONNECTIONS }, sendInTurn))
    return { count: done, ms: monotonicMs() - startedAt }
  }
}

class DisposablePool implements AsyncDisposable {
  readonly #pool: Pool
  constructor(url: string) {
    this.#pool = new Pool(url, { connections: CONNECTIONS })
  }
  async request(body: string): Promise<string> {
    const path = '/_matrix/push/v1/notify'
    const headers = { 'content-type': 'application/json' }
    const response = await this.#pool.request({ method: 'POST', path, headers, body })
    return response.body.text()
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.close()
  }
}

/** Alternates between the floor and the gateway, so that other load on the machine affects both. */
async function compare(kind: Kind, belfry: Program, load: Load) {
  const round = async (to: Program): Promise<Round> => {
    const before = cpuMs(to.pid)
    const { count, ms } = await load(kind, to, { ms: ROUND_MS })
    return { perSecond: (count * 1000) / ms, cpuMicros: ((cpuMs(to.pid) - before) * 1000) / count }
  }
  for (const to of [kind.relay, belfry]) await load(kind, to, { ms: WARM_UP_MS })
  const floor: Round[] = []
  const ours: Round[] = []
  for (let at = 0; at < ROUNDS; at++) {
    floor.push(await round(kind.relay))
    ours.push(await round(belfry))
  }
  const floorPerSecond = medianOf(floor, (one) => one.perSecond)
  const perSecond = medianOf(ours, (one) => one.perSecond)
  return {
    floorPerSecond,
    perSecond,
    share: perSecond / floorPerSecond,
    floorCpuMicros: medianOf(floor, (one) => one.cpuMicros),
    cpuMicros: medianOf(ours, (one) => one.cpuMicros),
  }
}

async function remember(kind: Kind, belfry: Program, load: Load) {
  const before = residentMiB(belfry.pid)
  await load(kind, belfry, { count: REMEMBERED })
  return { residentBefore: before, residentAfter: residentMiB(belfry.pid) }
}

/** Encryptions for Web Push on one core without other work. */
function encryptionsPerSecond(): number {
  const subscriber = createECDH('prime256v1')
  const keys = { publicKey: subscriber.generateKeys(), auth: randomBytes(16) }
  const text = Buffer.alloc(400, 'x')
  const started = monotonicMs()
  let count = 0
  while (monotonicMs() - started < 1000) {
    encryptPush(text, keys)
    count++
  }
  return (count * 1000) / (monotonicMs() - started)
}

type Found = { kind: string } & Awaited<ReturnType<typeof compare>>
type Memory = { residentBefore: number; residentAfter: number; encryptionsPerSecond: number }

function report(found: readonly Found[], memory: Memory): Report {
  const rates: Table = {
    title: `Notifications per second, ${CONNECTIONS} concurrent calls, each for one device`,
    columns: ['', 'floor', 'belfry', 'share', 'CPU µs floor', 'CPU µs belfry'],
    rows: found.map((one) => [
      one.kind,
      figure(one.floorPerSecond),
      figure(one.perSecond),
      percent(one.share),
      figure(one.floorCpuMicros),
      figure(one.cpuMicros),
    ]),
  }
  const rest: Table = {
    title: 'Memory and cryptography',
    columns: ['', ''],
    rows: [
      ['resident before, MiB', figure(memory.residentBefore)],
      [`resident with ${figure(REMEMBERED)} more remembered events, MiB`, figure(memory.residentAfter)],
      ['encryptions per second on one core', figure(memory.encryptionsPerSecond)],
    ],
  }
  const shareOf = (kind: string) => found.find((one) => one.kind === kind)?.share ?? 0
  const half = (kind: string) =>
    atLeast(`${kind}: half the floor`, { value: shareOf(kind), limit: MIN_SHARE_OF_FLOOR, unit: 'share' })
  const web = found.find((one) => one.kind === 'Web Push')?.perSecond ?? 0
  const targets = [
    half('APNs'),
    half('FCM'),
    atLeast('Web Push: the rate of its cryptography on one core', {
      value: web / memory.encryptionsPerSecond,
      limit: MIN_SHARE_OF_CRYPTOGRAPHY,
      unit: 'share',
    }),
  ]
  const figures = Object.fromEntries(
    found.map(({ kind, ...one }) => [kind.toLowerCase().replace(' ', '_'), rounded(one)]),
  )
  return { tables: [rates, rest], targets, figures: { ...figures, ...rounded(memory) } }
}
