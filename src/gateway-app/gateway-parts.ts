import type { Bus } from '../cluster/bus.ts'
import { ConfigError } from '../config/config-error.ts'
import type { Config } from '../config/schema.ts'
import { inboxRoutes } from '../gateway-api/inbox.ts'
import { createNotifyMetrics } from '../gateway-api/notify-metrics.ts'
import { type GatewayApiDeps, gatewayRoutes, ownGateway } from '../gateway-api/notify.ts'
import type { ContentsNow } from '../gateway-api/present-entries.ts'
import { isMapping } from '../gateway/app-settings.ts'
import type { Apps } from '../gateway/apps.ts'
import type { GatewayMembership } from '../gateway/claims.ts'
import { createGatewayEvents } from '../gateway/gateway-events.ts'
import { createGateway, type Gateway } from '../gateway/gateway.ts'
import { makeInboxStore } from '../gateway/inbox-store.ts'
import { createConfiguredInboxes, INBOX_APP_ID } from '../gateway/inbox.ts'
import type { OnRejected } from '../gateway/recorder.ts'
import type { StepTrace } from '../gateway/step.ts'
import { startInboxSweepers } from '../gateway/sweep-inboxes.ts'
import type { RateLimiter } from '../http/rate-limit.ts'
import type { Requester, Route } from '../http/route.ts'
import type { Log } from '../lib/log.ts'
import type { Lookup } from '../lib/outbound/lookup.ts'
import { createTokenBuckets } from '../lib/token-buckets.ts'
import type { Environment } from '../process/environment.ts'
import type { Database } from '../storage/database.ts'
import { type AppsContext, openConfigured, providerDepsOf, providerTypes } from './open-configured.ts'

// The parts of a gateway that a home server (`belfry serve`) and a gateway that runs alone (`belfry gateway`)
// have in common.

/** For `org.belfry.inbox`, which a home server always has. */
export const BUILT_IN_APPS = { [INBOX_APP_ID]: { type: 'inbox' } }

export type GatewayParts = {
  gateway: Gateway
  /** `POST /notify` and the state of apps. */
  notifyRoutes: Route[]
  inboxRoutes: Route[]
  startSweeping(): AsyncDisposable[]
  /** What `POST /notify` does, without HTTP. */
  inProcess: ReturnType<typeof ownGateway>
  /** Goes on with the apps of another configuration. Rejects, and changes nothing, when it is not good. */
  reload(apps: unknown): Promise<void>
}

type PartsOptions = Environment & {
  config: Config
  db: Database
  bus: Bus
  membership: GatewayMembership
  /** Of names that users choose. */
  lookup: Lookup
  /** As the configuration file has them, and under which key. */
  apps: unknown
  under: string
  /** Apps that exist unless the configuration changes them. */
  builtIn?: Record<string, unknown>
  onRejected?: OnRejected
  /** Has this session not ended? Absent: a gateway that runs alone has no users. */
  isSignedIn?: (requester: Requester) => Promise<boolean>
  contentsNow?: ContentsNow
  trace?: StepTrace
  limiter: RateLimiter
}

/** Opens the apps, and builds everything around them; nothing is sent before `gateway.start()`. */
export async function createGatewayParts(options: PartsOptions): Promise<GatewayParts> {
  const { config, db, bus, clock, random, log, metrics } = options
  const store = makeInboxStore({ db, bus, clock, maxBytes: config.gateway.max_inbox_bytes })
  const configured = createConfiguredInboxes()
  const inboxes = { store, configured, clock }
  const { isSignedIn } = options
  const types = providerTypes({ ...inboxes, hasUsers: isSignedIn !== undefined })
  const providerDeps = providerDepsOf(config, options)
  const open = (raw: unknown) =>
    openOrRefuse(withBuiltIn(raw, options.builtIn), { types, deps: providerDeps, under: options.under, log })
  let apps = await open(options.apps)
  const limits = config.rate_limits
  const rate = { perSecond: limits.pushes_per_second_per_device, burst: limits.push_burst_per_device }
  const gateway = createGateway({
    db,
    clock,
    random,
    log,
    metrics,
    membership: options.membership,
    apps,
    report: createGatewayEvents({ log, metrics, clock }),
    trace: options.trace,
    ...(options.onRejected && { onRejected: options.onRejected }),
    perDevice: limits.enabled ? createTokenBuckets({ rate, clock }) : undefined,
    settings: {
      respondWithinMs: config.gateway.answer_within_ms,
      lifeMs: config.gateway.retry_hours * 3_600_000,
      mostRemembered: config.gateway.max_remembered,
      mostQueued: config.gateway.max_queued,
      mostQueuedBytes: config.gateway.max_queued_bytes,
      mostQueuedBytesPerAddress: config.gateway.max_queued_bytes_per_address,
    },
  })
  const appOf = (appId: string) => {
    const app = apps.find(appId)
    return typeof app === 'string' ? undefined : app.id
  }
  const { limiter } = options
  const api: GatewayApiDeps = { gateway, metrics: createNotifyMetrics(metrics, appOf), limiter }
  return {
    gateway,
    notifyRoutes: gatewayRoutes(api),
    inboxRoutes: inboxRoutes({ ...options, ...inboxes }),
    startSweeping: () => startInboxSweepers({ db, clock, log }, config.gateway.inbox_retention_days),
    inProcess: ownGateway(api),
    async reload(raw) {
      apps = await open(raw)
      gateway.replaceApps(apps)
      log.info({ apps: apps.all.length }, 'the apps of the gateway were read again')
    },
  }
}

/** Opens all apps, or none. @throws {ConfigError} with everything that is wrong */
async function openOrRefuse(raw: unknown, { log, ...context }: AppsContext & { log: Log }): Promise<Apps> {
  const { apps, refused, warnings } = await openConfigured(raw, context)
  for (const warning of warnings) log.warn(warning)
  if (refused.length === 0) return apps
  await apps[Symbol.asyncDispose]()
  throw new ConfigError(refused.map(({ text }) => text).join('; '))
}

function withBuiltIn(raw: unknown, builtIn: Record<string, unknown> = {}): unknown {
  return raw === undefined || raw === null ? builtIn : isMapping(raw) ? { ...builtIn, ...raw } : raw
}
