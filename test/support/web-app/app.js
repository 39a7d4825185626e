// The functions of a web client that subscribes to pushes. The test calls them.

const bytesOf = (base64url) =>
  Uint8Array.from(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0))

const say = (state) => {
  document.querySelector('#state').textContent = state
}

const session = {}

const ask = (path, body) =>
  fetch(`${session.homeServer}/_matrix/client/v3${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${session.token}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })

globalThis.logIn = (homeServer, token) => Object.assign(session, { homeServer, token })

/** Sets a pusher with a gateway that is compatible with Sygnal. */
globalThis.enablePushByGateway = async ({ appId, gatewayUrl, applicationServerKey }) => {
  const { endpoint, keys } = await subscribe(applicationServerKey)
  const data = {
    url: gatewayUrl,
    endpoint,
    auth: keys.auth,
    events_only: true,
    default_payload: { session_id: 'the-only-one' },
  }
  return setPusher({ kind: 'http', app_id: appId, pushkey: keys.p256dh, data })
}

/** Sets a pusher without a gateway (MSC4174). It gets nothing until the token of the server has been returned. */
globalThis.enablePush = async ({ appId }) => {
  const { capabilities } = await (await ask('/capabilities')).json()
  const { endpoint, keys } = await subscribe(capabilities['m.webpush'].vapid)
  const data = { url: endpoint, auth: keys.auth }
  return setPusher({ kind: 'webpush', app_id: appId, pushkey: keys.p256dh, data })
}

async function subscribe(applicationServerKey) {
  await navigator.serviceWorker.register('/worker.js')
  const { pushManager } = await navigator.serviceWorker.ready
  const options = { userVisibleOnly: true, applicationServerKey: bytesOf(applicationServerKey) }
  return (await pushManager.subscribe(options)).toJSON()
}

async function setPusher(pusher) {
  const names = { app_display_name: 'A Matrix client, of sorts', device_display_name: 'Firefox', lang: 'en' }
  const { status } = await ask('/pushers/set', { ...pusher, ...names, append: true })
  say(status === 200 ? 'on' : status === 201 ? 'waits for the server' : `refused with ${status}`)
  return { pushkey: pusher.pushkey, status }
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
  if (data.ack !== undefined) return void confirm(data.ack)
  const item = document.createElement('li')
  item.textContent = `${data.title}: ${data.body}`
  document.querySelector('#shown').append(item)
})

async function confirm(token) {
  const { status } = await ask('/pushers/ack', token)
  say(status === 200 ? 'on' : `not confirmed: ${status}`)
}
