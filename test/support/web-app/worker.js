// The service worker: shows each push, and reports it to the page and to the test.

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))

self.addEventListener('push', (event) => {
  const payload = event.data.json()
  event.waitUntil(payload.ack_token === undefined ? show(payload) : tellPages({ ack: payload }))
})

async function show(payload) {
  // A gateway sends one flat object, a home server sends the format of `/notify`.
  const { sender_display_name, room_name, content, event_id } = payload.notification ?? payload
  const title = `${sender_display_name} in ${room_name}`
  const body = content.body
  await self.registration.showNotification(title, { body, tag: event_id })
  await tellPages({ title, body })
  await fetch('/shown', { method: 'POST', body: JSON.stringify({ title, body, payload }) })
}

async function tellPages(message) {
  for (const client of await self.clients.matchAll()) client.postMessage(message)
}
