import { BROWSER_APP } from '../browser-app.ts'
import { ask } from './ask.ts'
import { renew } from './renew.ts'

// The service worker of the console. It confirms and renews the pusher of this browser, and shows its notifications.

/** The part of the types of service workers that is used here; the library of the page has none. */
type Worker = {
  skipWaiting(): Promise<void>
  registration: ServiceWorkerRegistration
  clients: { claim(): Promise<void>; openWindow(url: string): Promise<unknown> }
  addEventListener<Name extends keyof WorkerEvents>(
    type: Name,
    listener: (event: WorkerEvents[Name]) => void,
  ): void
}
type Extendable = { waitUntil(until: Promise<unknown>): void }
type WorkerEvents = {
  install: Extendable
  activate: Extendable
  push: Extendable & { data: { json(): unknown } | null }
  pushsubscriptionchange: Extendable
  notificationclick: Extendable & { notification: Notification }
}

/**
 * The payload of a push: the first one has a token that confirms the pusher (MSC4174). `words` come from the
 * pusher's `default_payload`.
 */
type Payload = {
  app_id?: string
  ack_token?: string
  words?: { title: string; text: string }
  notification?: {
    event_id?: string
    sender_display_name?: string
    room_name?: string
    content?: { body?: unknown }
  }
}

const worker = globalThis as unknown as Worker
const CONSOLE = '/_belfry/console'

worker.addEventListener('install', (event) => event.waitUntil(worker.skipWaiting()))
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()))
worker.addEventListener('push', (event) => event.waitUntil(receive((event.data?.json() ?? {}) as Payload)))
worker.addEventListener('pushsubscriptionchange', (event) => event.waitUntil(renew(worker.registration)))
worker.addEventListener('notificationclick', (event) => {
  event.notification.close()
  const { eventId } = (event.notification.data ?? {}) as { eventId?: string }
  const path = eventId === undefined ? '/' : `/journeys/${encodeURIComponent(eventId)}`
  event.waitUntil(worker.clients.openWindow(CONSOLE + path))
})

async function receive({ ack_token: token, app_id: appId, words, notification }: Payload): Promise<void> {
  if (token !== undefined) return ask('POST', '/pushers/ack', { app_id: appId, ack_token: token })
  const { event_id: eventId, sender_display_name: sender, room_name: room, content } = notification ?? {}
  const title = [sender, room].filter((name) => name !== undefined).join(' · ')
  const text = typeof content?.body === 'string' ? content.body : (words?.text ?? '')
  await worker.registration.showNotification(title === '' ? (words?.title ?? 'Belfry') : title, {
    body: text,
    data: { eventId },
    // A message that is pushed twice is shown once.
    ...(eventId !== undefined && { tag: eventId }),
  })
  // The proof that the push has arrived (docs/pushers.md).
  if (eventId !== undefined)
    await ask('POST', '/pushers/ack', { app_id: BROWSER_APP, 'org.belfry.event_id': eventId })
}
