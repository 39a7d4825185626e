/** A minimal HTTP client for JSON endpoints. */
export type ClientResponse = { status: number; body: Record<string, unknown>; headers: Headers }

export async function call(
  url: string,
  {
    method,
    token,
    body,
    headers,
  }: { method?: string; token?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<ClientResponse> {
  const response = await fetch(url, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  const isJson = (response.headers.get('content-type') ?? '').startsWith('application/json')
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : { text } }
}

/** A user with a session, and the requests that most tests need. */
export type TestUser = {
  userId: string
  token: string
  deviceId: string
  /** Calls `/_matrix/client/v3` + path as this user; a status other than 200 fails the test. */
  get(path: string): Promise<Record<string, unknown>>
  post(path: string, body?: unknown): Promise<Record<string, unknown>>
  put(path: string, body: unknown): Promise<Record<string, unknown>>
  delete(path: string): Promise<Record<string, unknown>>
  /** Resolves with any status. */
  try(method: string, path: string, body?: unknown): Promise<ClientResponse>
  createRoom(options?: Record<string, unknown>): Promise<string>
  /** Sends a text message; resolves to its event id. */
  say(roomId: string, text: string, more?: Record<string, unknown>): Promise<string>
  read(roomId: string, eventId: string): Promise<void>
}

export const PASSWORD = 'a perfectly fine password'
let transactions = 0

export async function registerUser(base: string, name: string): Promise<TestUser> {
  const { status, body } = await call(`${base}/_matrix/client/v3/register`, {
    body: { username: name, password: PASSWORD, auth: { type: 'm.login.dummy' } },
  })
  if (status !== 200) throw new Error(`register ${name}: ${status} ${JSON.stringify(body)}`)
  return userOf(base, body)
}

/** Logs in: another device of an existing user. */
export async function loginUser(base: string, name: string): Promise<TestUser> {
  const { status, body } = await call(`${base}/_matrix/client/v3/login`, {
    body: { type: 'm.login.password', identifier: { type: 'm.id.user', user: name }, password: PASSWORD },
  })
  if (status !== 200) throw new Error(`login ${name}: ${status} ${JSON.stringify(body)}`)
  return userOf(base, body)
}

function userOf(base: string, session: Record<string, unknown>): TestUser {
  const token = String(session['access_token'])
  const attempt = (method: string, path: string, body?: unknown) =>
    call(`${base}/_matrix/client/v3${path}`, { method, token, body })
  const must = async (method: string, path: string, body?: unknown) => {
    const response = await attempt(method, path, body)
    if (response.status !== 200)
      throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(response.body)}`)
    return response.body
  }
  return {
    userId: String(session['user_id']),
    deviceId: String(session['device_id']),
    token,
    try: attempt,
    get: (path) => must('GET', path),
    post: (path, body = {}) => must('POST', path, body),
    put: (path, body) => must('PUT', path, body),
    delete: (path) => must('DELETE', path),
    createRoom: async (options = { preset: 'public_chat' }) =>
      String((await must('POST', '/createRoom', options))['room_id']),
    say: async (roomId, text, more = {}) => {
      const path = `/rooms/${encodeURIComponent(roomId)}/send/m.room.message/t${transactions++}`
      return String((await must('PUT', path, { msgtype: 'm.text', body: text, ...more }))['event_id'])
    },
    read: async (roomId, eventId) => {
      await must(
        'POST',
        `/rooms/${encodeURIComponent(roomId)}/receipt/m.read/${encodeURIComponent(eventId)}`,
        {},
      )
    },
  }
}

/** The request body of the founding text, with each of its keys. */
export function foundingPusher(url: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    pushkey: 'the-routing-address',
    kind: 'http',
    instance_handle: 'k2v8w0qz-alices-phone',
    app_id: 'org.example.app.ios',
    app_display_name: 'Example',
    device_display_name: "Alice's phone",
    lang: 'en',
    data: { url },
    ...more,
  }
}
