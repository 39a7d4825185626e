import type { Called, Caller, CallOptions } from './caller.ts'

export const V3 = '/_matrix/client/v3'

/** A user of the server under attack. Paths are below `/_matrix/client/v3`. */
export type Account = {
  userId: string
  token: string
  call(path: string, options?: CallOptions): Promise<Called>
  /** Like `call`, and repeats the request after a 429 response and its delay. */
  callWithRetry(path: string, options?: CallOptions): Promise<Called>
}

export const passwordOf = (name: string) => `the password of ${name}`

/** Registers an account. @throws Error for any response but 200 and 429 */
export async function register(caller: Caller, name: string): Promise<Account> {
  const body = { username: name, password: passwordOf(name), auth: { type: 'm.login.dummy' } }
  return accountOf(caller, await caller.callWithRetry(`${V3}/register`, { body }), `register ${name}`)
}

/** Another session of an account. @throws Error for any response but 200 and 429 */
export async function login(caller: Caller, name: string): Promise<Account> {
  return accountOf(caller, await tryLogin(caller, name, passwordOf(name)), `login ${name}`)
}

export function tryLogin(caller: Caller, name: string, password: string): Promise<Called> {
  const identifier = { type: 'm.id.user', user: name }
  return caller.callWithRetry(`${V3}/login`, { body: { type: 'm.login.password', identifier, password } })
}

function accountOf(caller: Caller, { status, body }: Called, what: string): Account {
  if (status !== 200) throw new Error(`${what}: ${status} ${JSON.stringify(body)}`)
  const token = String(body['access_token'])
  return {
    userId: String(body['user_id']),
    token,
    call: (path, options) => caller.call(V3 + path, { token, ...options }),
    callWithRetry: (path, options) => caller.callWithRetry(V3 + path, { token, ...options }),
  }
}

/** Resolves to the room id. @throws Error for any response but 200 */
export async function createRoom(account: Account): Promise<string> {
  const { status, body } = await account.callWithRetry('/createRoom', { body: { preset: 'public_chat' } })
  if (status !== 200) throw new Error(`createRoom: ${status} ${JSON.stringify(body)}`)
  return String(body['room_id'])
}

export const join = (account: Account, roomId: string) =>
  account.callWithRetry(`/join/${encodeURIComponent(roomId)}`, { body: {} })

let transactions = 0

/** The path for a text message; each call has a transaction id of its own. */
export const sendPath = (roomId: string) =>
  `/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${process.pid}-${transactions++}`

export const text = (body: string) => ({ method: 'PUT', body: { msgtype: 'm.text', body } })
