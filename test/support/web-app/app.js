// What a web client does to be told of messages while it is closed. The test calls these from outside.

const bytesOf = (base64url) =>
  Uint8Array.from(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0))

const say = (state) => {
  document.querySelector('#state').textContent = state
}

/** Subscribes, and sets the pusher with the home server. `kind`: `http`, by way of the gateway at `gatewayUrl`. */
globalThis.enablePush = async ({ homeServer, token, appId, gatewayUrl, applicationServerKey }) => {
  await navigator.serviceWorker.register('/worker.js')
  const registration = await navigator.serviceWorker.ready
  const subscription = await registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: bytesOf(applicationServerKey),
  })
  const { endpoint, keys } = subscription.toJSON()
  const answer = await fetch(`${homeServer}/_matrix/client/v3/pushers/set`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({
      kind: 'http',
      app_id: appId,
      pushkey: keys.p256dh,
      app_display_name: 'A Matrix client, of sorts',
      device_display_name: 'Firefox',
      lang: 'en',
      append: true,
      data: {
        url: gatewayUrl,
        endpoint,
        auth: keys.auth,
        events_only: true,
        default_payload: { session_id: 'the-only-one' },
      },
    }),
  })
  say(answer.ok ? 'on' : `refused with ${answer.status}`)
  return { endpoint, keys, status: answer.status }
}

globalThis.shownNotifications = async () => {
  const registration = await navigator.serviceWorker.ready
  const shown = await registration.getNotifications()
  return shown.map(({ title, body }) => ({ title, body }))
}

globalThis.disablePush = async () => {
  const registration = await navigator.serviceWorker.ready
  const subscription = await registration.pushManager.getSubscription()
  const isGone = await subscription.unsubscribe()
  say('off')
  return isGone
}

navigator.serviceWorker.addEventListener('message', ({ data }) => {
  const item = document.createElement('li')
  item.textContent = `${data.title}: ${data.body}`
  document.querySelector('#shown').append(item)
})
