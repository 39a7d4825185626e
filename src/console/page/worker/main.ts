// The service worker of the console. It shows the notifications that this browser receives by Web Push.

/** The part of the types of service workers that is used here; the library of the page has none. */
type Worker = {
  skipWaiting(): Promise<void>
  addEventListener(type: 'install' | 'activate', listener: (event: Extendable) => void): void
}
type Extendable = { waitUntil(until: Promise<unknown>): void }

const worker = globalThis as unknown as Worker

worker.addEventListener('install', (event) => event.waitUntil(worker.skipWaiting()))
