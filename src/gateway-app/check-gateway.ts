import type { GatewayConfig } from '../config/gateway-file.ts'
import { isMapping } from '../gateway/app-settings.ts'
import { createConfiguredInboxes, type InboxDeps } from '../gateway/inbox.ts'
import { systemClock } from '../lib/clock.ts'
import { createLog } from '../lib/log.ts'
import { createMetrics } from '../lib/metrics.ts'
import { createResolver } from '../lib/outbound/resolve.ts'
import { environmentOf } from '../process/environment.ts'
import { openConfigured, providerDepsOf, providerTypes } from './open-configured.ts'

/** Checks the settings of every app without a request to a provider. Each fault is one line. */
export async function checkGateway({ config, apps, warnings }: GatewayConfig): Promise<{
  lines: { app: string; fault?: string; type?: string }[]
  warnings: string[]
}> {
  const lines: { app: string; fault?: string; type?: string }[] = []
  const found = [...warnings]
  const log = createLog({ level: 'warn', stream: { write: (line: string) => noteWarning(line, found) } })
  const environment = {
    ...environmentOf(config, { log, metrics: createMetrics({ processMetrics: false }) }),
    lookup: createResolver({ clock: systemClock }),
  }
  const deps = providerDepsOf(config, environment)
  const types = providerTypes(inboxesToCheck())
  const {
    apps: opened,
    refused,
    warnings: ofApps,
  } = await openConfigured(apps, { types, deps, under: 'apps' })
  await using _open = opened
  found.push(...ofApps)
  for (const app of Object.keys(isMapping(apps) ? apps : {})) {
    const open = opened.all.find(({ id }) => id === app)
    const faults = open?.faults ?? refused.filter((one) => one.app === app).map(({ text }) => text)
    lines.push(...faults.map((fault) => ({ app, fault })))
    if (open !== undefined && faults.length === 0) lines.push({ app, type: open.type })
  }
  return { lines, warnings: found }
}

/** For a look at the configuration of a gateway that runs alone: nothing is sent. */
const inboxesToCheck = (): InboxDeps => ({
  clock: systemClock,
  configured: createConfiguredInboxes(),
  hasUsers: false,
  store: {
    add: async () => undefined,
    list: async () => [],
    listen: () => () => undefined,
    opened: async () => undefined,
    openedOf: async () => [],
    open: async () => false,
    touch: async () => undefined,
    close: async () => false,
  },
})

/** Collects the warnings of a start. Its errors are the faults that `check` reports. */
function noteWarning(line: string, warnings: string[]): void {
  const { level, msg, app_id: app } = JSON.parse(line) as { level: string; msg: string; app_id?: string }
  if (level === 'warn') warnings.push(app === undefined ? msg : `${app}: ${msg}`)
}
