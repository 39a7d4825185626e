import type { GuardedAgent } from '../../lib/outbound/guarded-agent.ts'
import { readBoth } from '../credential-file.ts'
import { endpointFor, lineOfEndpoint, openEndpointAgent } from '../endpoint.ts'
import { type KnownOrigins, makeKnownOrigins, TOO_MANY_FOR_UNKNOWN_HOST } from '../known-origins.ts'
import { fit, type FormName } from '../message-forms.ts'
import { collapseId, countsCollapseId } from '../message-id.ts'
import { askedText, type NotificationText } from '../notification-text.ts'
import type { Message, Provider, ProviderDeps, ProviderType, ProviderResult } from '../provider.ts'
import { secureContextFor } from '../secure-context.ts'
import { urgencyOf } from '../urgency.ts'
import { faultOfSubject, readWebPushCredentials, vapidSubject } from './credentials.ts'
import { MAX_PLAINTEXT_BYTES } from './encrypt.ts'
import { type Encryptor, makeEncryptor } from './encryptor.ts'
import { type WebPushOptions, webPushOptions } from './options.ts'
import { webPushForms } from './payload.ts'
import { sendWebPush } from './send.ts'
import { createVapid, type Vapid } from './token.ts'
import { isKeyMismatch } from './error-texts.ts'

/** Browsers, in Sygnal's form: the pushkey is `p256dh`; the pusher's data contains `endpoint` and `auth`. */
export const webPush: ProviderType<typeof webPushOptions> = {
  type: 'webpush',
  options: webPushOptions,
  async open(options, deps) {
    const { appId, clock, log } = deps
    const [{ credentials, faults }, secureContext] = await readBoth(
      readWebPushCredentials(options, deps),
      secureContextFor(options, deps),
    )
    for (const fault of faults) log.error({ app_id: appId }, fault)
    const agent = openEndpointAgent(options, deps, secureContext)
    // The validated options always have a subject.
    const subject = vapidSubject(options.vapid_contact_email) ?? ''
    const contactFault = faultOfSubject(subject)
    if (contactFault !== undefined) log.warn({ app_id: appId }, `vapid_contact_email: ${contactFault}`)
    const vapid = credentials && createVapid(credentials, subject, clock)
    const encryptor = makeEncryptor({ clock })
    return makeProvider({ options, deps, agent, vapid, faults, encryptor, origins: makeKnownOrigins(clock) })
  },
}

type App = {
  options: WebPushOptions
  deps: ProviderDeps
  agent: GuardedAgent
  encryptor: Encryptor
  /** Absent if the key cannot be used; `faults` has the reasons. */
  vapid: Vapid | undefined
  faults: string[]
  origins: KnownOrigins
}

function makeProvider(app: App): Provider {
  return {
    lineOf: ({ data }) => lineOfEndpoint(data?.['endpoint']),
    check: () => Promise.resolve([...app.faults]),
    async send(message, signal) {
      const text = await askedText(app.deps.wordsOf, message)
      const prepared = prepare(app, { message, text })
      if ('kind' in prepared) return prepared
      const result = await attempt(prepared, signal)
      if (result.status !== 413 || prepared.formName === 'event_id_only') return result
      // Some push services accept less than RFC 8030 requires.
      const smaller = prepare(app, { message }, 'event_id_only')
      return 'kind' in smaller ? result : attempt(smaller, signal)
    },
    async [Symbol.asyncDispose]() {
      await app.encryptor[Symbol.asyncDispose]()
      await app.agent[Symbol.asyncDispose]()
    },
  }
}

type Prepared = {
  app: App
  vapid: Vapid
  message: Message
  origin: string
  formName: FormName
  payload: Buffer
}

/** The result if no request is needed; else the message to send. */
function prepare(
  app: App,
  { message, text }: { message: Message; text?: NotificationText | undefined },
  from: FormName = 'full',
): Prepared | ProviderResult {
  const { options, vapid, origins } = app
  const { device, notification } = message
  if (vapid === undefined) return { kind: 'misconfigured', reason: 'credentials' }
  const url = endpointFor(device.data?.['endpoint'], options.allowed_endpoints)
  if ('kind' in url) return url
  if (device.data?.['events_only'] === true && !notification.event_id)
    return { kind: 'delivered', reason: 'nothing to send' }
  const retryAfterMs = origins.pauseLeftAt(url.origin)
  if (retryAfterMs > 0) return { kind: 'retry', status: 429, reason: 'push service rests', retryAfterMs }
  const fitting = fit(webPushForms(notification, device, text), MAX_PLAINTEXT_BYTES, from)
  if (fitting === undefined) return { kind: 'refused', reason: 'too large' }
  const waitMs = origins.unknownHostWait(url)
  if (waitMs > 0) return { ...TOO_MANY_FOR_UNKNOWN_HOST, retryAfterMs: waitMs }
  const payload = Buffer.from(fitting.text)
  return { app, vapid, message, origin: url.origin, formName: fitting.formName, payload }
}

async function attempt(prepared: Prepared, signal: AbortSignal): Promise<ProviderResult> {
  const { app, vapid, message, origin, payload } = prepared
  const { origins, agent, encryptor, deps, options } = app
  const { pushkey, data } = message.device
  const left = Math.floor((message.expiresAt - deps.clock.now()) / 1000)
  const result = await sendWebPush(
    { agent, vapid, clock: deps.clock, encrypt: encryptor.encrypt, isKnown: origins.isKnown },
    {
      endpoint: data?.['endpoint'],
      p256dh: pushkey,
      auth: data?.['auth'],
      payload,
      ttl: Math.min(options.ttl, left),
      urgency: urgencyOf(message.notification),
      topic: message.notification.event_id ? collapseId(message) : countsCollapseId(message),
    },
    signal,
  )
  if (result.kind === 'delivered') origins.accepted(origin)
  if (isKeyMismatch(result) && origins.mismatched(origin, pushkey))
    return { ...details(result), kind: 'misconfigured' }
  if (result.kind === 'retry' && result.retryAfterMs !== undefined) origins.pause(origin, result.retryAfterMs)
  return result
}

const details = ({ reason, status }: ProviderResult) => ({ reason, ...(status !== undefined && { status }) })
