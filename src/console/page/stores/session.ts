import { effect, signal } from '@preact/signals-core'
import { type ApiError, call, refusedSessions, SCHEME } from '../api.ts'
import type { ConsoleUser } from '../types.ts'

const PATH = '/_belfry/console/session'
/** Whether the console made the access token by a login, and ends it with the session. */
const OWNS_TOKEN = 'belfry.owns-token'

/** `unknown` until the server has responded. */
export type SessionState =
  | { state: 'unknown' }
  | { state: 'out' }
  | { state: 'in'; user: ConsoleUser }
  | { state: 'failed'; error: ApiError }

export const session = signal<SessionState>({ state: 'unknown' })

/** Asks the server for the user of the cookie. */
export async function loadSession(): Promise<void> {
  session.value = { state: 'unknown' }
  try {
    session.value = { state: 'in', user: await call<ConsoleUser>('GET', PATH) }
  } catch (error) {
    const failed = error as ApiError
    session.value = failed.status === 401 ? { state: 'out' } : { state: 'failed', error: failed }
  }
}

/** Logs in as a new device of the user. @throws ApiError */
export async function signInWithPassword(user: string, password: string): Promise<void> {
  const { access_token: token } = await call<{ access_token: string }>('POST', '/_matrix/client/v3/login', {
    token: '',
    body: {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user },
      password,
      initial_device_display_name: 'Belfry console',
    },
  })
  await start(token, true)
}

/**
 * Creates an account and its first device. `token`: the registration token, on a server that asks for one.
 * @throws ApiError
 */
export async function register(user: string, password: string, token: string | undefined): Promise<void> {
  const { access_token: accessToken } = await call<{ access_token: string }>(
    'POST',
    '/_matrix/client/v3/register',
    {
      token: '',
      body: {
        username: user,
        password,
        auth: token === undefined ? { type: 'm.login.dummy' } : { type: 'm.login.registration_token', token },
        initial_device_display_name: 'Belfry console',
      },
    },
  )
  await start(accessToken, true)
}

/** Uses an existing access token. It stays valid after the end of the session. @throws ApiError */
export async function signInWithToken(token: string): Promise<void> {
  await start(token, false)
}

async function start(token: string, ownsToken: boolean): Promise<void> {
  const user = await call<ConsoleUser>('POST', PATH, { token, body: { scheme: SCHEME } })
  localStorage.setItem(OWNS_TOKEN, String(ownsToken))
  session.value = { state: 'in', user }
}

/** Ends the session, and the device that `signInWithPassword` made. */
export async function signOut(): Promise<void> {
  if (localStorage.getItem(OWNS_TOKEN) === 'true')
    await call('POST', '/_matrix/client/v3/logout', { body: {} }).catch(() => undefined)
  await call('DELETE', `${PATH}?scheme=${SCHEME}`)
  localStorage.removeItem(OWNS_TOKEN)
  session.value = { state: 'out' }
}

/** The signed-in user. @throws Error outside a session */
export function me(): ConsoleUser {
  if (session.value.state !== 'in') throw new Error('no session')
  return session.value.user
}

effect(() => {
  if (refusedSessions.value > 0 && session.peek().state === 'in') session.value = { state: 'out' }
})
