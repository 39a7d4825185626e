import type { CallResponse } from '../../lib/outbound/call.ts'
import { createDropLog, type DropLog } from '../drop-log.ts'
import { pathPrefix } from '../base-url.ts'
import { readBoth } from '../credential-file.ts'
import { encodeJson, fit, type FormName } from '../message-forms.ts'
import type { Message, Provider, ProviderDeps, ProviderType, ProviderResult } from '../provider.ts'
import { secureContextFor } from '../secure-context.ts'
import { readFcmCredentials, type ServiceAccount } from './credentials.ts'
import { fcmOptions, type FcmOptions } from './options.ts'
import { fcmForms } from './payload.ts'
import { fcmMessage } from './request.ts'
import { makePoster, type Poster } from './send.ts'
import { makeAccessTokens, type AccessTokens, type TokenResult } from './token.ts'
import { nextStepAfter, reasonOf, resultOf } from './result.ts'

const MAX_DATA_BYTES = 4096
const TOKEN_CONNECTIONS = 1

/** Firebase Cloud Messaging. */
export const fcm: ProviderType<typeof fcmOptions> = {
  type: 'gcm',
  options: fcmOptions,
  async open(options, deps) {
    const { appId, log, clock } = deps
    const [{ credentials, faults }, secureContext] = await readBoth(
      readFcmCredentials(options, deps),
      secureContextFor(options, deps),
    )
    for (const fault of faults) log.error({ app_id: appId }, fault)
    const posterTo = ({ origin }: URL, connections: number) =>
      makePoster({ origin, connections, secureContext, proxy: deps.proxy, clock })
    const base = new URL(options.base_url)
    const messages = posterTo(base, options.max_connections)
    const logDrop = createDropLog(
      deps,
      'FCM refuses the messages of this app; its configuration is wrong, or the gateway has a bug',
    )
    const url = new URL(`${base.origin}${pathPrefix(base)}/v1/projects/${options.project_id}/messages:send`)
    return makeProvider({ options, deps, faults, messages, logDrop, url, grants: grantsFor(credentials) })

    function grantsFor(known: ServiceAccount | undefined): Grants | undefined {
      if (known === undefined) return undefined
      const poster = posterTo(known.tokenUri, TOKEN_CONNECTIONS)
      return { poster, tokens: makeAccessTokens({ account: known, poster, clock }) }
    }
  },
}

/** Absent if the service account cannot be used. */
type Grants = { poster: Poster; tokens: AccessTokens }

type App = {
  options: FcmOptions
  deps: ProviderDeps
  faults: string[]
  messages: Poster
  logDrop: DropLog
  url: URL
  grants: Grants | undefined
}

function makeProvider(app: App): Provider {
  const { options, faults, messages, grants } = app
  const line = `fcm ${new URL(options.base_url).host}`
  return {
    lineOf: () => line,
    check: () => Promise.resolve([...faults]),
    send: async (message, signal) => {
      if (grants === undefined) return { kind: 'misconfigured', reason: 'credentials' }
      const prepared = prepare(app, message)
      if ('kind' in prepared) return prepared
      const { tokens } = grants
      const held = tokens.held()
      if (held !== undefined) return attempt(app, prepared, { token: held, tokens, signal, taken: [] })
      const fetched = await unlessAborted(tokens.current(), signal)
      if (fetched.kind === 'failure') return fetched.failure
      return attempt(app, prepared, { token: fetched.token, tokens, signal, taken: [] })
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([messages[Symbol.asyncDispose](), grants?.poster[Symbol.asyncDispose]()])
    },
  }
}

/** A message in the form that fits. */
type Prepared = { message: Message; formName: FormName; body: string }

function prepare(
  { options, deps }: App,
  message: Message,
  from: FormName = 'full',
): Prepared | ProviderResult {
  if (message.device.pushkey === '') return { kind: 'rejected', reason: 'pushkey is empty' }
  const made = fcmForms(message, { sendBadgeCounts: options.send_badge_counts })
  if (made.kind === 'malformed') return { kind: 'rejected', reason: 'default_payload is not an object' }
  if (made.kind === 'nothing') return { kind: 'delivered', reason: 'nothing to send' }
  const fitting = fit(made.forms, MAX_DATA_BYTES, from)
  if (fitting === undefined) return { kind: 'refused', reason: 'too large' }
  const whole = fcmMessage(message, { base: options.fcm_options, data: fitting.form, now: deps.clock.now() })
  return { message, formName: fitting.formName, body: encodeJson({ message: whole }) }
}

type Attempt = { token: string; tokens: AccessTokens; signal: AbortSignal; taken: readonly string[] }

/**
 * Sends the message, and once more each after two kinds of responses: with another token, or with a shorter
 * message.
 */
async function attempt(app: App, prepared: Prepared, with_: Attempt): Promise<ProviderResult> {
  const headers = { authorization: `Bearer ${with_.token}`, 'content-type': 'application/json' }
  const response = await app.messages.post({ url: app.url, headers, body: prepared.body }, with_.signal)
  if (response.kind === 'fault') return { kind: 'retry', reason: response.fault }
  const step = nextStepAfter(response)
  if (step === undefined || with_.taken.includes(step)) return judge(app, prepared.message, response)
  const next = { ...with_, taken: [...with_.taken, step] }
  if (step === 'shrink') return shrink(app, prepared, { response, next })
  const renewed = await unlessAborted(with_.tokens.replace(with_.token), with_.signal)
  return renewed.kind === 'failure'
    ? renewed.failure
    : attempt(app, prepared, { ...next, token: renewed.token })
}

function shrink(
  app: App,
  prepared: Prepared,
  { response, next }: { response: CallResponse; next: Attempt },
): Promise<ProviderResult> | ProviderResult {
  const smaller =
    prepared.formName === 'event_id_only' ? undefined : prepare(app, prepared.message, 'event_id_only')
  if (smaller !== undefined && !('kind' in smaller)) return attempt(app, smaller, next)
  return { kind: 'refused', reason: reasonOf(response), status: response.status }
}

function judge({ deps, logDrop }: App, message: Message, response: CallResponse): ProviderResult {
  const result = resultOf(response, { attempt: message.attempt, random: deps.random })
  if (result.kind === 'refused') logDrop(result.reason)
  return result
}

/** All waiting messages share the request for a token, so the abort of one must not end it. */
function unlessAborted(result: Promise<TokenResult>, signal: AbortSignal): Promise<TokenResult> {
  const stopped: TokenResult = { kind: 'failure', failure: { kind: 'retry', reason: 'stopped' } }
  if (signal.aborted) return Promise.resolve(stopped)
  return new Promise((resolve) => {
    const stop = () => resolve(stopped)
    signal.addEventListener('abort', stop, { once: true })
    void result.then((one) => {
      signal.removeEventListener('abort', stop)
      resolve(one)
    })
  })
}
