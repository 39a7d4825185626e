importScripts('/push.js')

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))

self.addEventListener('push', (event) => event.waitUntil(receive(event.data.json())))

async function receive(payload) {
  // The first push: confirm the pusher. The request needs the access token, which `ask` sends.
  if (payload.ack_token !== undefined)
    return ask('POST', '/pushers/ack', { app_id: payload.app_id, ack_token: payload.ack_token })

  const { event_id, room_id, sender_display_name, room_name, content, membership, user_is_target } =
    payload.notification
  const title = [sender_display_name, room_name].filter(Boolean).join(' in ') || 'New message'
  const isInvitation = membership === 'invite' && user_is_target === true
  return self.registration.showNotification(title, {
    body: isInvitation ? 'invites you' : (content?.body ?? ''),
    tag: event_id, // a message that is pushed twice is shown once
    data: { room_id },
  })
}

// A click opens the room, in an open page or in a new one.
self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(openRoom(event.notification.data.room_id))
})

async function openRoom(roomId) {
  const hash = roomId === undefined ? '' : `#/room/${roomId}`
  const [page] = await self.clients.matchAll({ type: 'window' })
  if (page === undefined) return self.clients.openWindow(`/${hash}`)
  page.postMessage({ open: hash })
  return page.focus()
}

// The browser or its push service has replaced the subscription. Without this handler, the pusher would stop working.
self.addEventListener('pushsubscriptionchange', (event) => event.waitUntil(renew()))

async function renew() {
  if (await readSession()) await enablePush(self.registration)
}
