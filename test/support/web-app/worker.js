// The service worker: shows what it is told of, and reports it to the page and to the test.

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))

self.addEventListener('push', (event) => event.waitUntil(show(event.data.json())))

async function show(payload) {
  const title = `${payload.sender_display_name} in ${payload.room_name}`
  const body = payload.content.body
  await self.registration.showNotification(title, { body, tag: payload.event_id })
  for (const client of await self.clients.matchAll()) client.postMessage({ title, body })
  await fetch('/shown', { method: 'POST', body: JSON.stringify({ title, body, payload }) })
}
