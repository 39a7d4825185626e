import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { createAuthenticator } from '../../src/accounts/authenticate.ts'
import { createLastSeen } from '../../src/accounts/last-seen.ts'
import type { RegistrationDeps } from '../../src/accounts/register.ts'
import { accountDataRoutes } from '../../src/client-api/account-data.ts'
import { accountRoutes } from '../../src/client-api/account.ts'
import { capabilitiesRoutes } from '../../src/client-api/capabilities.ts'
import { devicesRoutes } from '../../src/client-api/devices.ts'
import { filtersRoutes } from '../../src/client-api/filters.ts'
import { loginRoutes } from '../../src/client-api/login.ts'
import { absentFeatureRoutes } from '../../src/client-api/absent-features.ts'
import { profileRoutes } from '../../src/client-api/profile.ts'
import { pushRulesRoutes } from '../../src/client-api/push-rules.ts'
import { registerRoutes } from '../../src/client-api/register.ts'
import { tagRoutes } from '../../src/client-api/tags.ts'
import { versionsRoutes } from '../../src/client-api/versions.ts'
import { wellKnownRoutes } from '../../src/client-api/well-known.ts'
import { loadConfig } from '../../src/config/load.ts'
import { unlimited } from '../../src/http/rate-limit.ts'
import { createHttpServer } from '../../src/http/server.ts'
import { createMetrics } from '../../src/lib/metrics.ts'
import type { Json, JsonObject } from '../../src/lib/json.ts'
import type { Database } from '../../src/storage/database.ts'
import { createAccountsFixture } from '../accounts/fixture.ts'
import { afterTest } from '../support/after-test.ts'
import { checkedResponses } from '../support/response-check.ts'
import { silentLog } from '../support/log.ts'
import { inject } from '../support/inject.ts'

type Method = 'GET' | 'PUT' | 'POST' | 'DELETE'
type ClientResponse = { status: number; body: JsonObject }
export type Call = (
  method: Method,
  path: string,
  more?: { token?: string; body?: Json },
) => Promise<ClientResponse>

type Overrides = Partial<RegistrationDeps> & {
  publicUrl?: string
  maxRulesPerUser?: number
  maxRulesLength?: number
}

/** A server with only the account endpoints. A path that does not begin with `/_matrix` or `/.well` is below v3. */
export function accountServer(
  t: TestContext,
  db: Database,
  { publicUrl, maxRulesPerUser = 100, maxRulesLength = 10_000, ...overrides }: Overrides = {},
) {
  const accounts = createAccountsFixture(db, overrides)
  const { deps, clock } = accounts
  const all = {
    ...deps,
    publicUrl,
    allowEncryption: true,
    legacyMentionRules: true,
    maxRulesPerUser,
    maxRulesLength,
  }
  const lastSeen = createLastSeen({ db, clock, log: silentLog })
  const server = createHttpServer({
    config: loadConfig({ argv: ['--listen', '127.0.0.1:0'], env: {} }),
    routes: [
      versionsRoutes([], { webPush: false, encryptedEvents: false }),
      capabilitiesRoutes({
        roomVersions: { default: '12', available: ['10', '11', '12'] },
        webPush: undefined,
      }),
      registerRoutes(all),
      loginRoutes(all),
      accountRoutes(all),
      devicesRoutes(all),
      profileRoutes(all),
      accountDataRoutes(all),
      tagRoutes(all),
      filtersRoutes(all),
      pushRulesRoutes(all),
      wellKnownRoutes(all),
      absentFeatureRoutes(),
    ].flat(),
    authenticate: createAuthenticator({ db, lastSeen }),
    limiter: unlimited,
    log: silentLog,
    metrics: createMetrics({ processMetrics: false }),
    onResponse: checkedResponses(t),
  })
  afterTest(t, () => lastSeen[Symbol.asyncDispose]())
  afterTest(t, () => server.close())
  const call: Call = async (method, path, { token, body } = {}) => {
    const response = await inject(server, {
      method,
      url: path.startsWith('/_matrix') || path.startsWith('/.well') ? path : `/_matrix/client/v3${path}`,
      ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    })
    return { status: response.statusCode, body: response.json() as JsonObject }
  }
  return { ...accounts, call }
}

/** Registers a user in one request. Resolves to the access token. */
export async function registered(call: Call, username: string, deviceId = 'PHONE'): Promise<string> {
  const { status, body } = await call('POST', '/register', {
    body: { username, password: 'secret', device_id: deviceId, auth: { type: 'm.login.dummy' } },
  })
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`)
  return text(body['access_token'])
}

/** Asserts that a value of a response is a string. */
export function text(value: Json | undefined): string {
  assert.equal(typeof value, 'string')
  return value as string
}
