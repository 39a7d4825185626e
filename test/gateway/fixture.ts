import { z } from 'zod'
import { createLocalBus } from '../../src/cluster/bus.ts'
import { type ProviderTypes, readApps } from '../../src/gateway/app-settings.ts'
import { openApps } from '../../src/gateway/apps.ts'
import type { GatewayMembership } from '../../src/gateway/claims.ts'
import { createGateway, type GatewayDeps } from '../../src/gateway/gateway.ts'
import { makeInboxStore } from '../../src/gateway/inbox-store.ts'
import { createConfiguredInboxes, makeInboxType } from '../../src/gateway/inbox.ts'
import { type Notification, parseNotification } from '../../src/gateway/notification.ts'
import type { Origin } from '../../src/gateway/origin.ts'
import type { Message, ProviderDeps, ProviderType, ProviderResult } from '../../src/gateway/provider.ts'
import type { Step } from '../../src/gateway/step.ts'
import type { Random } from '../../src/lib/ids.ts'
import { createLog } from '../../src/lib/log.ts'
import { createMetrics } from '../../src/lib/metrics.ts'
import { makeIpPolicy } from '../../src/lib/outbound/ip-policy.ts'
import type { Database } from '../../src/storage/database.ts'
import { wordsOf } from '../support/words.ts'
import { createManualClock } from '../support/manual-clock.ts'

export type Sent = Message & { appId: string; signal: AbortSignal }
/** The result of a provider for a message. `undefined` means delivered. */
export type Script = (sent: Sent) => Promise<ProviderResult> | ProviderResult | undefined

export const delivered: ProviderResult = { kind: 'delivered', reason: 'ok', status: 200, providerId: 'id' }
export const unavailable: ProviderResult = { kind: 'retry', reason: 'unavailable', status: 503 }
export const dead: ProviderResult = { kind: 'rejected', reason: 'Unregistered', status: 410 }
export const doubtful: ProviderResult = {
  kind: 'rejected',
  reason: 'BadDeviceToken',
  status: 400,
  isDoubtful: true,
}
export const misconfigured: ProviderResult = {
  kind: 'misconfigured',
  reason: 'InvalidProviderToken',
  status: 403,
}

/** Random values that give the longest jitter. */
const random: Random = { token: (bytes) => 'x'.repeat(bytes), below: (below) => below - 1 }

/** A provider whose results come from `script`. Its line is `data.line` of the device, or else `provider`. */
export function scripted(script: Script, sent: Sent[], closed: string[] = []): ProviderType {
  return {
    type: 'scripted',
    options: z.object({ note: z.string().optional(), expires: z.number().optional() }),
    open: async (options, deps) => ({
      lineOf: (device) => (typeof device.data?.['line'] === 'string' ? device.data['line'] : 'provider'),
      async send(message, signal) {
        const record = { ...message, appId: deps.appId, signal }
        sent.push(record)
        return (await script(record)) ?? delivered
      },
      check: async () => [],
      credentialsExpireAt: () => (options as { expires?: number }).expires,
      [Symbol.asyncDispose]: async () => void closed.push(deps.appId),
    }),
  }
}

/** As in a cluster with this number of processes. */
export const membershipOf = (processes: number): GatewayMembership => ({
  live: () => Array.from({ length: processes }, (_, n) => ({ id: `${n}`, roles: [] })),
  onChange: () => () => undefined,
  silentFor: () => 0,
  nextHeartbeat: async () => undefined,
})

/** Queue limits that tests do not reach by accident. */
export const BYTES = { mostQueuedBytes: 1e9, mostQueuedBytesPerAddress: 1e9, mostRemembered: 1e6 }

export type Setting = {
  script?: Script
  apps?: Record<string, unknown>
  clock?: ReturnType<typeof createManualClock>
  deps?: Partial<GatewayDeps>
  maxInboxBytes?: number
}

/** Creates a gateway with a clock that the test moves. */
export async function openGateway(db: Database, setting: Setting = {}) {
  const { script = () => undefined, apps = { app: { type: 'scripted' } } } = setting
  const clock = setting.clock ?? createManualClock()
  const sent: Sent[] = []
  const closed: string[] = []
  const steps: Step[] = []
  const lines: Record<string, unknown>[] = []
  const log = createLog({
    level: 'debug',
    stream: { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  })
  const metrics = createMetrics({ processMetrics: false })
  const store = makeInboxStore({ db, bus: createLocalBus(), clock, maxBytes: setting.maxInboxBytes ?? 1e9 })
  const configured = createConfiguredInboxes()
  const types: ProviderTypes = new Map([
    ['scripted', async () => scripted(script, sent, closed)],
    ['inbox', async () => makeInboxType({ store, configured, clock, hasUsers: true })],
  ])
  const providerDeps: Omit<ProviderDeps, 'appId'> = {
    clock,
    random,
    log,
    metrics,
    wordsOf,
    policy: makeIpPolicy([]),
    lookup: () => Promise.reject(new Error('no names here')),
  }
  const open = async (raw: Record<string, unknown>) =>
    (await openApps((await readApps(raw, types)).apps, providerDeps)).apps
  const gateway = createGateway({
    db,
    clock,
    random,
    log,
    metrics,
    membership: membershipOf(1),
    apps: await open(apps),
    report: (step) => void steps.push(step),
    settings: { respondWithinMs: 10_000, lifeMs: 24 * 3_600_000, mostQueued: 10_000, ...BYTES },
    ...setting.deps,
  })
  await gateway.start()
  return {
    gateway,
    clock,
    sent,
    steps,
    lines,
    closed,
    metrics,
    store,
    configured,
    open,
    notify: (notification: Notification, from?: Origin) => gateway.notify(notification, from),
    /** Sends a notification of one event to one device of `app`, or as given. */
    push: (given: PushGiven = {}) => gateway.notify(notificationOf(given), { isOwn: given.isOwn ?? false }),
    outcomes: () => steps.map(({ outcome }) => outcome),
    [Symbol.asyncDispose]: async () => {
      const ended = gateway[Symbol.asyncDispose]()
      // Ends attempts that hang.
      clock.advance(3000)
      await ended
    },
  }
}

export type PushGiven = {
  app?: string
  pushkey?: string
  event?: string | null
  data?: Record<string, unknown>
  pushkeyTs?: number
  type?: string
  counts?: Record<string, number>
  isOwn?: boolean
}

export function notificationOf(given: PushGiven): Notification {
  const { app = 'app', pushkey = 'key', event = '$event', data, pushkeyTs, type, counts } = given
  return parseNotification({
    notification: {
      ...(event !== null && { event_id: event, room_id: '!room' }),
      ...(type !== undefined && { type }),
      ...(counts !== undefined && { counts }),
      devices: [
        {
          app_id: app,
          pushkey,
          ...(data !== undefined && { data }),
          ...(pushkeyTs !== undefined && { pushkey_ts: pushkeyTs }),
        },
      ],
    },
  }).notification
}
