import type { Config } from '../config/schema.ts'
import { readApps, type ProviderTypes } from '../gateway/app-settings.ts'
import { openApps } from '../gateway/apps.ts'
import { type InboxDeps, makeInboxType } from '../gateway/inbox.ts'
import type { ProviderDeps, ProviderType } from '../gateway/provider.ts'
import { makeIpPolicy } from '../lib/outbound/ip-policy.ts'
import type { Lookup } from '../lib/outbound/lookup.ts'
import { withoutFor } from '../lib/outbound/no-proxy.ts'
import type { Environment } from '../process/environment.ts'

// The apps of a gateway, from its configuration to open providers.

/** Every kind of app, loaded when one of it is configured. */
export function providerTypes(inbox: InboxDeps): ProviderTypes {
  return new Map<string, () => Promise<ProviderType>>([
    ['apns', loadedOnce(async () => (await import('../gateway/apns/provider.ts')).makeApns())],
    ['gcm', async () => (await import('../gateway/fcm/provider.ts')).fcm],
    ['webpush', async () => (await import('../gateway/webpush/provider.ts')).webPush],
    ['unifiedpush', async () => (await import('../gateway/unifiedpush/provider.ts')).unifiedPush],
    ['inbox', async () => makeInboxType(inbox)],
  ])
}

/** One for all apps, also after a change of configuration: they share provider tokens. */
function loadedOnce(load: () => Promise<ProviderType>): () => Promise<ProviderType> {
  let loaded: Promise<ProviderType> | undefined
  return () => (loaded ??= load())
}

export function providerDepsOf(
  config: Config,
  { clock, random, log, metrics, wordsOf, lookup }: Environment & { lookup: Lookup },
): Omit<ProviderDeps, 'appId'> {
  const policy = makeIpPolicy(config.push.allow_ip_ranges)
  return {
    clock,
    random,
    log,
    metrics,
    wordsOf,
    policy,
    lookup,
    proxy: withoutFor(config.gateway.proxy, config.push.no_proxy),
  }
}

export type AppsContext = { types: ProviderTypes; deps: Omit<ProviderDeps, 'appId'>; under: string }

/**
 * Reads and opens the apps, for a start, a change of configuration and `gateway check` alike: what one finds
 * the others find.
 */
export async function openConfigured(raw: unknown, { types, deps, under }: AppsContext) {
  const { apps: settings, faults, warnings } = await readApps(raw, types, under)
  const { apps, refused } = await openApps(settings, deps)
  if (apps.all.length + faults.length + refused.length === 0)
    warnings.push(`"${under}" names no app: all notifications go nowhere`)
  return { apps, refused: [...faults, ...refused], warnings }
}
