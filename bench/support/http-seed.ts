import type { Sender } from './load.ts'

// Fills a server over HTTP, so that any home server can be measured. `seed.ts` is faster, and works for Belfry only.

type Request = { method?: string; path: string; token?: string; body: object }

/** @throws Error for any status but 200 */
async function call(url: string, { method = 'POST', path, token, body }: Request) {
  const headers = {
    'content-type': 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  }
  const response = await fetch(`${url}/_matrix/client/v3${path}`, {
    method,
    headers,
    body: JSON.stringify(body),
  })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return JSON.parse(text) as Record<string, string>
}

async function register(url: string, username: string): Promise<string> {
  const auth = { type: 'm.login.dummy' }
  const { access_token: token = '' } = await call(url, {
    path: '/register',
    body: { username, password: 'a long password', auth },
  })
  return token
}

/** Rooms with a sender and one other member, who has a pusher, so that one message is one poke. */
export async function addConversations(url: string, gateway: string, count: number): Promise<Sender[]> {
  const found: Sender[] = []
  for (let at = 0; at < count; at++) {
    const token = await register(url, `sender-${at}`)
    const receiver = await register(url, `receiver-${at}`)
    const { room_id: roomId = '' } = await call(url, {
      path: '/createRoom',
      token,
      body: { preset: 'public_chat', name: 'The office' },
    })
    await call(url, { path: `/join/${encodeURIComponent(roomId)}`, token: receiver, body: {} })
    await call(url, {
      path: '/pushers/set',
      token: receiver,
      body: {
        pushkey: `phone-${at}`,
        kind: 'http',
        app_id: 'org.example.bench',
        app_display_name: 'Bench',
        device_display_name: 'A phone',
        lang: 'en',
        data: { url: gateway },
      },
    })
    found.push({ roomId, token })
  }
  return found
}
