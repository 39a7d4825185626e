import { steadyNow } from '../../lib/clock.ts'
import { createDropLog, type DropLog } from '../drop-log.ts'
import { pathPrefix } from '../base-url.ts'
import { readBoth } from '../credential-file.ts'
import { fit, type FormName } from '../message-forms.ts'
import { type NotificationText, textFor } from '../notification-text.ts'
import type { Message, Provider, ProviderDeps, ProviderType, ProviderResult } from '../provider.ts'
import { secureContextFor } from '../secure-context.ts'
import { readApnsCredentials, type ApnsCredentials } from './credentials.ts'
import { deviceTokenOf } from './device-token.ts'
import type { ExchangeResult } from './exchange.ts'
import { apnsOptions, apnsUrl, type ApnsOptions } from './options.ts'
import { apnsForms } from './payload.ts'
import { apnsHeaders, type ApnsHeaders } from './request.ts'
import { makeConnections, type Connections } from './send.ts'
import { makeTokenSources, type ProviderToken, type TokenSource } from './token.ts'
import { nextStepAfter, reasonOf, resultOf, type ApnsResponse } from './result.ts'

const MAX_BYTES = { voip: 5120, other: 4096 }

/** The Apple Push Notification service. Create one for the whole gateway: apps with the same key share its tokens. */
export function makeApns(): ProviderType<typeof apnsOptions> {
  const tokensOf = makeTokenSources()
  return {
    type: 'apns',
    options: apnsOptions,
    async open(options, deps) {
      const { appId, log } = deps
      const [{ credentials, faults }, withoutCertificate] = await readBoth(
        readApnsCredentials(options, { appId, log, now: deps.clock.now() }),
        secureContextFor(options, deps),
      )
      for (const fault of faults) log.error({ app_id: appId }, fault)
      const pem = credentials?.kind === 'certificate' ? credentials.pem : undefined
      const secureContext =
        pem === undefined
          ? withoutCertificate
          : await secureContextFor(options, deps, { cert: pem, key: pem })
      const tokens = credentials?.kind === 'token' ? tokensOf(credentials) : undefined
      const url = apnsUrl(options)
      const path = `${pathPrefix(url)}/3/device/`
      const connections = makeConnections({
        url,
        clock: deps.clock,
        secureContext,
        proxy: deps.proxy,
        oneStreamFirst: tokens !== undefined,
        maxConnections: options.max_connections,
      })
      const logDrop = createDropLog(
        deps,
        'APNs refuses the messages of this app; its configuration is wrong, or the gateway has a bug',
      )
      return makeProvider({ options, deps, credentials, faults, tokens, connections, logDrop, path })
    },
  }
}

type App = {
  options: ApnsOptions
  deps: ProviderDeps
  credentials: ApnsCredentials | undefined
  faults: string[]
  tokens: TokenSource | undefined
  connections: Connections
  logDrop: DropLog
  /** `/3/device/`, after the path of the base URL. */
  path: string
}

function makeProvider(app: App): Provider {
  const { options, credentials, faults, connections } = app
  const line = `apns ${apnsUrl(options).host}`
  const expiresAt = credentials?.kind === 'certificate' ? credentials.expiresAt : undefined
  return {
    lineOf: () => line,
    check: () => Promise.resolve([...faults]),
    credentialsExpireAt: () => expiresAt,
    send: async (message, signal) => {
      if (credentials === undefined) return { kind: 'misconfigured', reason: 'credentials' }
      const text = options.alert === 'text' ? await textFor(app.deps.wordsOf, message) : undefined
      const prepared = prepare(app, { message, text })
      if ('kind' in prepared) return prepared
      return attempt(app, prepared, { signal, taken: [] })
    },
    [Symbol.asyncDispose]: () => connections[Symbol.asyncDispose](),
  }
}

/** `text`: the words of the alert, for an app that has none. */
type Worded = { message: Message; text: NotificationText | undefined }

/** A message in the form that fits. */
type Prepared = Worded & { headers: ApnsHeaders; formName: FormName; body: string }

function prepare(app: App, { message, text }: Worded, from: FormName = 'full'): Prepared | ProviderResult {
  const { options, credentials } = app
  const { pushkey } = message.device
  const device = deviceTokenOf(pushkey, { fromBase64: options.convert_device_token_to_hex })
  if (device.token === undefined) {
    const isDoubtful = !device.certain
    return { kind: 'rejected', reason: 'pushkey is no device token', ...(isDoubtful && { isDoubtful }) }
  }
  const { send_badge_counts: sendBadgeCounts, tweak_sound: tweakSound } = options
  const made = apnsForms(message, { sendBadgeCounts, tweakSound, text })
  if (made.kind === 'malformed') return { kind: 'rejected', reason: 'default_payload is not an object' }
  if (made.kind === 'nothing') return { kind: 'delivered', reason: 'nothing to send' }
  const maxBytes = options.push_type === 'voip' ? MAX_BYTES.voip : MAX_BYTES.other
  const fitting = fit(made.forms, maxBytes, from)
  if (fitting === undefined) return { kind: 'refused', reason: 'too large' }
  const headers = apnsHeaders(message, fitting.form, {
    path: app.path + device.token,
    topic: options.topic ?? (credentials?.kind === 'certificate' ? credentials.topic : undefined),
    pushType: options.push_type,
    now: app.deps.clock.now(),
  })
  return { message, text, headers, formName: fitting.formName, body: fitting.text }
}

/**
 * Sends the message, and once more each after two kinds of responses: with another token, or with a shorter
 * payload.
 */
async function attempt(
  app: App,
  prepared: Prepared,
  { signal, taken }: { signal: AbortSignal; taken: readonly string[] },
): Promise<ProviderResult> {
  const { clock } = app.deps
  const token = app.tokens?.current(clock.now(), steadyNow(clock))
  if (token !== undefined) prepared.headers.authorization = `bearer ${await token}`
  const result = await app.connections.ask({ headers: prepared.headers, body: prepared.body }, signal)
  if (result.kind === 'fault') return faultResult(result)
  const { response } = result
  const step = nextStepAfter(response)
  if (step === undefined || taken.includes(step)) return judge(app, prepared.message, response)
  const next =
    step === 'shrink' ? shrink(app, prepared, response) : renew(app, prepared, { token, response, step })
  return 'kind' in next ? next : attempt(app, next, { signal, taken: [...taken, step] })
}

function shrink(app: App, prepared: Prepared, response: ApnsResponse): Prepared | ProviderResult {
  const details = { reason: reasonOf(response), status: response.status }
  if (prepared.formName === 'event_id_only') return { ...details, kind: 'refused' }
  const smaller = prepare(app, prepared, 'event_id_only')
  return 'kind' in smaller ? { ...details, kind: 'refused' } : smaller
}

function renew(
  app: App,
  prepared: Prepared,
  {
    token,
    response,
    step,
  }: { token: ProviderToken | undefined; response: ApnsResponse; step: 'renew token' | 'retime token' },
): Prepared | ProviderResult {
  const { tokens, deps } = app
  const details = { reason: reasonOf(response), status: response.status }
  if (tokens === undefined || token === undefined) return { ...details, kind: 'misconfigured' }
  const [now, steady] = [deps.clock.now(), steadyNow(deps.clock)]
  if (tokens.retime(token, now, steady) !== undefined) return prepared
  if (step === 'retime token') return judge(app, prepared.message, response)
  if (tokens.replace(token, now, steady) !== undefined) return prepared
  return { ...details, kind: 'retry', retryAfterMs: tokens.waitMs(steady) }
}

function judge(
  { tokens, connections, deps, logDrop }: App,
  message: Message,
  response: ApnsResponse,
): ProviderResult {
  const result = resultOf(response, { pushkeyTs: message.device.pushkey_ts, attempt: message.attempt })
  if (result.reason === 'TooManyProviderTokenUpdates') tokens?.pause(steadyNow(deps.clock))
  if (result.kind === 'refused' && result.status !== 410) logDrop(result.reason)
  // Apple remembers with a connection which key opened it.
  if (result.kind === 'misconfigured') connections.retire()
  return result
}

function faultResult({ fault, isOurs }: ExchangeResult & { kind: 'fault' }): ProviderResult {
  return { kind: isOurs === true ? 'misconfigured' : 'retry', reason: fault }
}
