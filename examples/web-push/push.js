const APP_ID = 'org.example.web' // choose one for your app: at most 64 characters, the same for all users

/** { homeServer, accessToken, pushkey }, or undefined when no user is signed in. */
async function readSession() {
  const store = await caches.open('push')
  return (await store.match('/push-session'))?.json()
}

async function keepSession(session) {
  const store = await caches.open('push')
  await store.put('/push-session', new Response(JSON.stringify(session)))
}

async function forgetSession() {
  const store = await caches.open('push')
  await store.delete('/push-session')
}

async function ask(method, path, body) {
  const { homeServer, accessToken } = await readSession()
  const response = await fetch(`${homeServer}/_matrix/client/v3${path}`, {
    method,
    headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  })
  const json = await response.json()
  if (!response.ok) throw new Error(json.error)
  return json
}

/** Subscribes and sets the pusher. It can be repeated: call it at every start of your app. */
async function enablePush({ pushManager }) {
  const { capabilities } = await ask('GET', '/capabilities')
  const server = capabilities['m.webpush']
  if (!server?.enabled) throw new Error('This home server has no pushers of kind webpush.')

  const before = await pushManager.getSubscription()
  // A subscription belongs to one server key: a subscription for another home server does not work.
  if (before && keyOf(before) !== server.vapid) await before.unsubscribe()
  const subscription = await pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: server.vapid,
  })
  const { endpoint, keys } = subscription.toJSON()

  await ask('POST', '/pushers/set', {
    kind: 'webpush',
    app_id: APP_ID,
    pushkey: keys.p256dh,
    app_display_name: 'Example',
    device_display_name: 'A browser',
    lang: navigator.language,
    append: true, // keep the pushers of other users of this browser
    data: {
      url: endpoint,
      auth: keys.auth,
      events_only: true, // no pushes for the unread count alone: browsers require a visible notification for each push
    },
  })
  const session = await readSession()
  // The browser has created a new subscription: delete the pusher of the old one.
  if (session.pushkey && session.pushkey !== keys.p256dh) await deletePusher(session.pushkey)
  await keepSession({ ...session, pushkey: keys.p256dh })
}

/** For signing out. Call it while the access token is still valid. */
async function disablePush({ pushManager }) {
  const { pushkey } = await readSession()
  if (pushkey) await deletePusher(pushkey)
  const subscription = await pushManager.getSubscription()
  await subscription?.unsubscribe()
}

const deletePusher = (pushkey) => ask('POST', '/pushers/set', { kind: null, app_id: APP_ID, pushkey })

function keyOf(subscription) {
  const bytes = new Uint8Array(subscription.options.applicationServerKey)
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
