import { call, get, withQuery } from './api.ts'
import { BROWSER_APP, type Capabilities, pusherOf, serverKey } from './browser-app.ts'
import { BASE } from './stores/place.ts'
import { me } from './stores/session.ts'
import type { PusherLine, PusherList, TestResult } from './types.ts'
import { currentLocale, t } from './words.ts'

// This browser as a device: a pusher of kind `webpush` (docs/browser-pushers.md), with the service worker of
// the console.

const TEST_PUSH = '/_matrix/client/unstable/org.matrix.msc4173/pushers/push'
const CONFIRMED_WITHIN_MS = 20_000
/** A browser without a push service may never respond. */
const SUBSCRIBED_WITHIN_MS = 30_000
const LOOK_EVERY_MS = 250

/** A step that failed, with the key of its sentence. */
export class RingError extends Error {
  readonly key: string
  constructor(key: string) {
    super(key)
    this.key = key
  }
}

export type RingStep = 'permission' | 'subscribe' | 'confirm' | 'ring'

/** Whether this browser can receive Web Push here. */
export const canRing = (): boolean =>
  isSecureContext && 'serviceWorker' in navigator && 'PushManager' in window

/**
 * Makes this browser a device, and sends a test to it. It can be repeated. `onStep` hears what happens next.
 * @throws RingError, ApiError
 */
export async function ringBrowser(onStep: (step: RingStep) => void): Promise<TestResult> {
  onStep('permission')
  if ((await Notification.requestPermission()) !== 'granted') throw new RingError('ring-denied')
  onStep('subscribe')
  const pushkey = await subscribe()
  onStep('confirm')
  await confirmed(pushkey)
  onStep('ring')
  return call<TestResult>('POST', TEST_PUSH, { body: { app_id: BROWSER_APP, pushkey } })
}

/** Resolves to the push key of the pusher. */
async function subscribe(): Promise<string> {
  const applicationServerKey = serverKey(await get<Capabilities>('/_matrix/client/v3/capabilities'))
  if (applicationServerKey === undefined) throw new RingError('ring-off')
  await navigator.serviceWorker.register(workerUrl(), { scope: `${BASE}/` })
  const registration = await navigator.serviceWorker.ready
  const asked = registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey })
  const subscription = await within(SUBSCRIBED_WITHIN_MS, asked).catch(() => undefined)
  if (subscription === undefined) throw new RingError('ring-no-service')
  const pusher = pusherOf(subscription, {
    events_only: true,
    default_payload: { words: { title: t('ring-title'), text: t('ring-text') } },
  })
  await call('POST', '/_matrix/client/v3/pushers/set', {
    body: {
      ...pusher,
      app_display_name: t('ring-app'),
      device_display_name: t('ring-device'),
      lang: currentLocale(),
    },
  })
  return pusher.pushkey
}

function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  return Promise.race([work, new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), ms))])
}

/** The server pushes a token, and the service worker sends it back. */
async function confirmed(pushkey: string): Promise<void> {
  const until = Date.now() + CONFIRMED_WITHIN_MS
  while (Date.now() < until) {
    const pusher = (await ownPushers()).find((one) => one.pushkey === pushkey)
    if (pusher !== undefined && pusher.state !== 'pending') return
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
  throw new RingError('ring-not-confirmed')
}

async function ownPushers(): Promise<PusherLine[]> {
  return (await get<PusherList>(withQuery('/_belfry/v1/pushers', { user_id: me().user_id }))).pushers
}

type UrlPolicy = { createScriptURL(url: string): string }

/**
 * The URL of the service worker is the only script URL of the page. Browsers with Trusted Types accept it
 * from this policy alone.
 */
function workerUrl(): string {
  const { trustedTypes } = globalThis as {
    trustedTypes?: { createPolicy(name: string, rules: UrlPolicy): UrlPolicy }
  }
  const url = `${BASE}/worker.js`
  policy ??= trustedTypes?.createPolicy('belfry', { createScriptURL: () => url })
  return policy?.createScriptURL(url) ?? url
}

let policy: UrlPolicy | undefined
