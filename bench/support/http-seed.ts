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

/** A user and the rooms that it created, which the others have joined. */
export type SyncWorld = {
  owner: { token: string }
  clients: readonly { token: string }[]
  /** Rooms of the owner and one client. */
  small: readonly (Sender & { waiting: readonly { token: string }[] })[]
  /** A room of the owner and all clients. */
  large: Sender & { waiting: readonly { token: string }[] }
}

/** Rooms of two for the first `rooms` clients, and one room of all. */
export async function addSyncWorld(
  url: string,
  { clients: count, rooms }: { clients: number; rooms: number },
): Promise<SyncWorld> {
  const token = await register(url, 'owner')
  const clients: { token: string }[] = []
  while (clients.length < count) clients.push({ token: await register(url, `client-${clients.length}`) })
  const roomOf = async (waiting: readonly { token: string }[]) => {
    const body = { preset: 'public_chat', name: 'The office' }
    const { room_id: roomId = '' } = await call(url, { path: '/createRoom', token, body })
    for (const client of waiting)
      await call(url, { path: `/join/${encodeURIComponent(roomId)}`, token: client.token, body: {} })
    return { roomId, token, waiting }
  }
  const small = []
  for (const client of clients.slice(0, rooms)) small.push(await roomOf([client]))
  return { owner: { token }, clients, small, large: await roomOf(clients) }
}
