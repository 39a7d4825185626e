import type { TestContext } from 'node:test'
import * as sdk from 'matrix-js-sdk'
import type { CryptoCallbacks } from 'matrix-js-sdk/lib/crypto-api/index.js'
import { logger } from 'matrix-js-sdk/lib/logger.js'
import { afterTest } from '../support/after-test.ts'

// Lines that the SDK prints without the logger of the client.
;(logger as unknown as { setLevel(level: 'silent'): void }).setLevel('silent')

// The timers of its requests run for minutes after the response. They must not keep this process alive.
const { setTimeout: start } = globalThis
globalThis.setTimeout = Object.assign((...given: Parameters<typeof start>) => start(...given).unref(), start)

const silent = {
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
  getChild: () => silent,
}

export const PASSWORD = 'correct horse'

type LoginOptions = {
  fetchFn?: typeof fetch
  /** With the SDK's cryptography (matrix-sdk-crypto, in Rust), in memory. */
  withCrypto?: boolean
  cryptoCallbacks?: CryptoCallbacks
}

type ClientOptions = LoginOptions & {
  /** Threads are shown beside the main timeline. */
  threadSupport?: boolean
}

export async function register(baseUrl: string, username: string): Promise<void> {
  const visitor = sdk.createClient({ baseUrl, logger: silent })
  await visitor.registerRequest({ username, password: PASSWORD, auth: { type: 'm.login.dummy' } })
}

/** Registers, then starts an unmodified client and waits until it is ready. */
export async function startClient(
  t: TestContext,
  baseUrl: string,
  username: string,
  options: ClientOptions = {},
): Promise<sdk.MatrixClient> {
  await register(baseUrl, username)
  return startSession(t, baseUrl, username, options)
}

/** Logs in as an existing user with a new device. Resolves to its client, which is not started. */
export async function logIn(
  baseUrl: string,
  username: string,
  { withCrypto = false, ...options }: LoginOptions = {},
): Promise<sdk.MatrixClient> {
  const visitor = sdk.createClient({ baseUrl, logger: silent })
  const session = await visitor.loginRequest({
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: username },
    password: PASSWORD,
  })
  const client = sdk.createClient({
    baseUrl,
    userId: session.user_id,
    accessToken: session.access_token,
    deviceId: session.device_id,
    logger: silent,
    ...options,
  })
  if (withCrypto) await client.initRustCrypto({ useIndexedDB: false })
  return client
}

/** Logs in as an existing user with a new device, and starts its client. */
export async function startSession(
  t: TestContext,
  baseUrl: string,
  username: string,
  { threadSupport = false, ...options }: ClientOptions = {},
): Promise<sdk.MatrixClient> {
  const client = await logIn(baseUrl, username, options)
  const prepared = once(client, sdk.ClientEvent.Sync, (state) => state === sdk.SyncState.Prepared)
  await client.startClient({ initialSyncLimit: 10, threadSupport })
  afterTest(t, () => client.stopClient())
  await prepared
  return client
}

/** Resolves with the arguments of the first event for which `wanted` returns true. */
export function once(
  emitter: { on(event: never, listener: never): unknown; off(event: never, listener: never): unknown },
  event: string,
  wanted: (...args: never[]) => boolean = () => true,
): Promise<void> {
  return new Promise((resolve) => {
    const listener = (...args: never[]) => {
      if (!wanted(...args)) return
      emitter.off(event as never, listener as never)
      resolve()
    }
    emitter.on(event as never, listener as never)
  })
}
