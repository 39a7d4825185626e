import type { GuardedAgent } from '../../lib/outbound/guarded-agent.ts'
import { endpointFor, lineOfEndpoint, openEndpointAgent } from '../endpoint.ts'
import { type KnownOrigins, makeKnownOrigins, TOO_MANY_FOR_UNKNOWN_HOST } from '../known-origins.ts'
import { type Fitting, fit, type FormName } from '../message-forms.ts'
import type { Message, Provider, ProviderDeps, ProviderType, ProviderResult } from '../provider.ts'
import { secureContextFor } from '../secure-context.ts'
import { type UnifiedPushOptions, unifiedPushOptions } from './options.ts'
import { MAX_BODY_BYTES, unifiedPushForms } from './payload.ts'
import { sendUnifiedPush } from './send.ts'
import { makeResultCache, type ResultCache } from './result-cache.ts'

/** UnifiedPush: the pushkey is the address that the user's push server gave to the app. */
export const unifiedPush: ProviderType<typeof unifiedPushOptions> = {
  type: 'unifiedpush',
  options: unifiedPushOptions,
  async open(options, deps) {
    const agent = openEndpointAgent(options, deps, await secureContextFor(options, deps))
    return makeProvider({
      options,
      deps,
      agent,
      cache: makeResultCache(deps.clock),
      origins: makeKnownOrigins(deps.clock),
    })
  },
}

type App = {
  options: UnifiedPushOptions
  deps: ProviderDeps
  agent: GuardedAgent
  cache: ResultCache
  origins: KnownOrigins
}

function makeProvider(app: App): Provider {
  return {
    lineOf: ({ pushkey }) => lineOfEndpoint(pushkey),
    check: () => Promise.resolve([]),
    async send(message, signal) {
      const url = endpointFor(message.device.pushkey, app.options.allowed_endpoints)
      if ('kind' in url) return url
      const known = app.cache.find(url)
      if (known !== undefined) return known
      const result = await sendFitting(app, url, { message, signal })
      app.cache.record(url, result)
      return result
    },
    [Symbol.asyncDispose]: () => app.agent[Symbol.asyncDispose](),
  }
}

async function sendFitting(
  app: App,
  url: URL,
  { message, signal }: { message: Message; signal: AbortSignal },
): Promise<ProviderResult> {
  const fitting = formOf(message, 'full')
  if (fitting === undefined) return { kind: 'refused', reason: 'too large' }
  const result = await attempt(app, url, { message, text: fitting.text, signal })
  if (result.status !== 413 || fitting.formName === 'event_id_only') return result
  const smaller = formOf(message, 'event_id_only')
  return smaller === undefined ? result : attempt(app, url, { message, text: smaller.text, signal })
}

const formOf = ({ notification }: Message, from: FormName): Fitting | undefined =>
  fit(unifiedPushForms(notification), MAX_BODY_BYTES, from)

async function attempt(
  { agent, deps, options, origins }: App,
  url: URL,
  { message, text, signal }: { message: Message; text: string; signal: AbortSignal },
): Promise<ProviderResult> {
  const waitMs = origins.unknownHostWait(url)
  if (waitMs > 0) return { ...TOO_MANY_FOR_UNKNOWN_HOST, retryAfterMs: waitMs }
  const { clock } = deps
  const result = await sendUnifiedPush({ agent, clock }, { url, message, text, ttl: options.ttl, signal })
  if (result.kind === 'delivered') origins.accepted(url.origin)
  return result
}
